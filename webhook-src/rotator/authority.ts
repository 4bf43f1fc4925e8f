/**
 * Which CAs exist and what to do about them. Pure: decides from PEM and a time, and changes nothing.
 *
 * A CA moves through three places, in an order that loses no request during a rotation:
 * 1. `next`: in the `caBundle`, signs nothing. It stays there until every API server has had time to see it.
 * 2. `signing`: signs the serving certificate.
 * 3. `previous`: signs nothing any more (its key is gone), in the `caBundle` while some pod may still serve what it signed.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { BACKDATE_MS, type KeyPair } from './issue';

export interface Authorities {
  readonly signing?: KeyPair;
  readonly next?: KeyPair;
  /** PEM certificates. */
  readonly previous: readonly string[];
}

export interface RotationTimes {
  readonly caLifetimeMs: number;
  readonly leafLifetimeMs: number;
  /** How long a new CA is only trusted before it signs. API servers apply configuration changes within seconds. */
  readonly propagationMs: number;
  /** How long an old CA stays trusted after it stopped signing: kubelets update a Secret in its pods within about two minutes. */
  readonly overlapMs: number;
}

/** Fraction of its lifetime after which a certificate is replaced. */
const RENEW_AFTER = 2 / 3;

export type AuthorityStep =
  /** No CA can sign, and no served certificate must stay trusted: a new CA signs at once. */
  | 'create'
  /** A successor is needed: a new CA becomes `next`. */
  | 'announce'
  /** `next` has been trusted long enough, or no other CA can sign: it becomes `signing`. */
  | 'promote'
  /** No pod serves a certificate of the old CAs any more: `previous` is emptied. */
  | 'retire'
  | 'keep';

export interface Surroundings {
  /** The serving certificate as PEM, if a usable one exists. */
  readonly leaf: string | undefined;
  /** PEM bundle that API servers trust for each of the webhooks; undefined without a webhook configuration. */
  readonly trusted: readonly string[] | undefined;
}

export function nextStep(
  { signing, next, previous }: Authorities,
  { leaf, trusted }: Surroundings,
  times: RotationTimes,
  nowMs: number,
): AuthorityStep {
  if (next !== undefined) {
    const urgent = signing === undefined && leaf === undefined;
    return urgent || isTrusted(next, trusted, times, nowMs) ? 'promote' : 'keep';
  }
  if (signing === undefined) return leaf === undefined ? 'create' : 'announce';
  if (isDue(signing.certificate, nowMs)) return 'announce';
  if (previous.length === 0 || leaf === undefined) return 'keep';
  const moved = isIssuedBy(leaf, signing.certificate);
  return moved && issuedAtMs(leaf) + times.overlapMs <= nowMs ? 'retire' : 'keep';
}

function isTrusted(
  next: KeyPair,
  trusted: Surroundings['trusted'],
  times: RotationTimes,
  nowMs: number,
): boolean {
  const announced = (trusted ?? []).every((bundle) => bundle.includes(next.certificate.trim()));
  return announced && issuedAtMs(next.certificate) + times.propagationMs <= nowMs;
}

/** Whether two thirds of the certificate's lifetime have passed. */
export function isDue(certificate: string, nowMs: number): boolean {
  const { fromMs, toMs } = validity(certificate);
  return nowMs >= fromMs + (toMs - fromMs) * RENEW_AFTER;
}

export function isIssuedBy(certificate: string, authority: string): boolean {
  const leaf = new X509Certificate(certificate);
  const issuer = new X509Certificate(authority);
  return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
}

/** The pair, if certificate and key are readable, belong together and are valid now; else undefined. */
export function usablePair(
  certificate: string | undefined,
  key: string | undefined,
  nowMs: number,
): KeyPair | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  try {
    const parsed = new X509Certificate(certificate);
    const { fromMs, toMs } = validity(certificate);
    const usable = parsed.checkPrivateKey(createPrivateKey(key)) && fromMs <= nowMs && nowMs < toMs;
    return usable ? { certificate, key } : undefined;
  } catch {
    return undefined;
  }
}

/** The readable, unexpired certificates of a PEM bundle, each once. */
export function unexpired(bundle: string | undefined, nowMs: number): readonly string[] {
  const blocks = bundle?.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return [...new Set(blocks)].filter((block) => {
    try {
      return nowMs < validity(block).toMs;
    } catch {
      return false;
    }
  });
}

/** PEM bundle of every CA that API servers must trust. */
export function trustBundle({ signing, next, previous }: Authorities): string {
  const certificates = [signing?.certificate, next?.certificate, ...previous];
  return certificates
    .flatMap((certificate) => (certificate === undefined ? [] : [`${certificate.trim()}\n`]))
    .join('');
}

export function validity(certificate: string): { readonly fromMs: number; readonly toMs: number } {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { fromMs: Date.parse(validFrom), toMs: Date.parse(validTo) };
}

function issuedAtMs(certificate: string): number {
  return validity(certificate).fromMs + BACKDATE_MS;
}

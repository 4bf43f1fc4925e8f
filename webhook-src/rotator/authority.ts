/**
 * Which CAs there are and what is to be done about them. Pure: reads PEM and a clock reading, decides, touches nothing.
 *
 * A CA goes through three places, and the order is what makes a rotation lose no request:
 * 1. `next`: in the `caBundle`, signs nothing. It stays until every API server has had time to see it.
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
  /** How long a new CA is only trusted before it signs: API servers follow their configuration within seconds. */
  readonly propagationMs: number;
  /** How long an old CA stays trusted after it stopped signing: kubelets bring a Secret to its pods within about two minutes. */
  readonly overlapMs: number;
}

/** Part of a lifetime after which a certificate is replaced. */
const RENEW_AFTER = 2 / 3;

export type AuthorityStep =
  /** Nothing can sign and nothing is served that must stay trusted: a new CA, at work at once. */
  | 'create'
  /** A successor is needed: a new CA into `next`. */
  | 'announce'
  /** `next` has been trusted long enough, or nothing else can sign: it becomes `signing`. */
  | 'promote'
  /** What the old CAs signed is served no more: `previous` is emptied. */
  | 'retire'
  | 'keep';

export interface Surroundings {
  /** The serving certificate, PEM, where there is a usable one. */
  readonly leaf: string | undefined;
  /** PEM text each of our webhooks is called with trust in; undefined where there is no webhook configuration. */
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

/** Whether two thirds of the certificate's life are over. */
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

/** The certificates of a PEM text that can be read and have not expired, each once. */
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

/** PEM text of every CA that API servers are to trust. */
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

/** The serving certificate: whether the existing one is usable, and the names it must have. Pure. */
import { X509Certificate } from 'node:crypto';
import { isDue, isIssuedBy, usablePair, type Authorities } from './authority';
import type { KeyPair } from './issue';
import type { SecretState } from './objects';

/** Why a new serving certificate is needed: none is usable, too old, signed by a CA that no longer signs, or for other names. */
export type LeafReason = 'unusable' | 'renewal' | 'issuer' | 'names';

/** The pair in the Secret, if pods can serve it and a trusted CA has signed it; else undefined. */
export function servedLeaf(
  secret: SecretState,
  authorities: Authorities,
  nowMs: number,
): KeyPair | undefined {
  const pair = usablePair(secret.values.get('tls.crt'), secret.values.get('tls.key'), nowMs);
  if (pair === undefined) return undefined;
  const { signing, next, previous } = authorities;
  const trusted = [signing?.certificate, next?.certificate, ...previous];
  return trusted.some(
    (authority) => authority !== undefined && isIssuedBy(pair.certificate, authority),
  )
    ? pair
    : undefined;
}

export function leafReason(
  leaf: KeyPair | undefined,
  signing: KeyPair | undefined,
  names: readonly string[],
  nowMs: number,
): LeafReason | undefined {
  if (leaf === undefined) return 'unusable';
  if (signing !== undefined && !isIssuedBy(leaf.certificate, signing.certificate)) return 'issuer';
  if (isDue(leaf.certificate, nowMs)) return 'renewal';
  return namesOf(leaf.certificate).join() === names.join() ? undefined : 'names';
}

/**
 * DNS names of a Service. API servers use `<service>.<namespace>.svc` (apiserver v0.36.3 pkg/util/webhook/client.go); the others
 * are for people with curl.
 */
export function serviceNames({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): readonly [string, ...string[]] {
  return [
    `${name}.${namespace}.svc`,
    name,
    `${name}.${namespace}`,
    `${name}.${namespace}.svc.cluster.local`,
  ];
}

function namesOf(certificate: string): readonly string[] {
  const { subjectAltName = '' } = new X509Certificate(certificate);
  return subjectAltName.split(', ').map((name) => name.replace(/^DNS:/, ''));
}

/** Issues the rotator's certificates: the subjects and lifetimes that a rotation without lost requests needs. */
import {
  issueAuthority as issueCa,
  issueCertificate,
  newSerialNumber,
  type KeyPair,
} from '../../base/certificates';

export type { KeyPair };

export interface Lifetime {
  readonly nowMs: number;
  readonly lifetimeMs: number;
}

/** How long before now a certificate becomes valid, for API servers whose clock is behind. */
export const BACKDATE_MS = 5 * 60_000;

/** A CA for serving certificates. `name` becomes part of its subject. */
export async function issueAuthority(name: string, lifetime: Lifetime): Promise<KeyPair> {
  const serialNumber = newSerialNumber();
  // Subjects differ, so that a verifier never confuses two overlapping CAs.
  const commonName = `${name} ${serialNumber.slice(0, 8)}`;
  return issueCa({ commonName, serialNumber, ...validityOf(lifetime) });
}

/** A serving certificate for `dnsNames`, the first its common name. It never outlives its authority. */
export async function issueServing(
  authority: KeyPair,
  dnsNames: readonly [string, ...string[]],
  lifetime: Lifetime,
): Promise<KeyPair> {
  const [commonName] = dnsNames;
  return issueCertificate(authority, {
    commonName,
    usages: ['server'],
    dnsNames,
    ...validityOf(lifetime),
  });
}

function validityOf({ nowMs, lifetimeMs }: Lifetime) {
  return { notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + lifetimeMs) };
}

/** The hash that names a policy by its content, in decision records and logs. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json';
import type { RuntimePolicy } from './runtime-policy';

/**
 * The first 12 hex digits of the SHA-256 of the policy as canonical JSON. Equal policies have equal hashes, however their members
 * were ordered.
 */
export function policyHash(policy: RuntimePolicy): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex').slice(0, 12);
}

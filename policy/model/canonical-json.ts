/** The name of a policy's content. */
import { createHash } from 'node:crypto';
import type { RuntimePolicy } from './runtime-policy';

/**
 * The first 12 hex digits of the SHA-256 of the policy as canonical JSON: members sorted by name, nothing missing written.
 * Equal policies have equal hashes, however their members were ordered.
 */
export function policyHash(policy: RuntimePolicy): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex').slice(0, 12);
}

/** JSON with the members of every object in the order of their names. The value must be plain data, not nested deeply. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

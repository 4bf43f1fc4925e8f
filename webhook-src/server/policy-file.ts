/** Reads the policy from disk, and validates and compiles it before use. */
import { readFile } from 'node:fs/promises';
import { createDecider, type Decider } from '../../policy/decision/decide';
import { parsePolicy } from '../../policy/model/define';
import { policyHash } from '../../policy/model/policy-hash';
import { compileMatcher } from '../../policy/rules/compiled/compile';
import { scopeFinder } from '../../policy/decision/enforcement';
import type { Enforcement, RuntimePolicy } from '../../policy/model/runtime-policy';

export interface LoadedPolicy {
  readonly policy: RuntimePolicy;
  readonly decider: Decider;
  /** How the policy is enforced in a namespace. */
  readonly enforcementOf: (namespace: string) => Enforcement;
  /** First 12 hex digits of the SHA-256 of the canonical policy, as in the decision annotation. */
  readonly hash: string;
}

/** @throws Error if the file is missing or not JSON, SandboxError `POLICY_INVALID` with every problem if it is no valid policy */
export async function loadPolicy(path: string): Promise<LoadedPolicy> {
  const text = await readFile(path, 'utf8');
  const policy = parsePolicy(parseJson(text));
  const scopeOf = scopeFinder(policy);
  return {
    policy,
    decider: compileDecider(policy),
    enforcementOf: (namespace) => scopeOf(namespace).enforcement,
    hash: policyHash(policy),
  };
}

/** The fast decider. Its decisions equal those of the reference in policy/rules/match.ts. */
export function compileDecider(policy: RuntimePolicy): Decider {
  return createDecider(policy, compileMatcher(policy));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error('the policy file is not JSON', { cause: error });
  }
}

/** Reads the policy and the RuntimeClasses from disk, and validates and compiles them before use. */
import { readFile } from 'node:fs/promises';
import { createDecider, type Decider } from '../../policy/decision/decide';
import { parsePolicy } from '../../policy/model/define';
import { policyHash } from '../../policy/model/policy-hash';
import { parseRuntimeClasses, type RuntimeClass } from '../../policy/model/runtime-class';
import { compileMatcher } from '../../policy/rules/compiled/compile';
import { scopeFinder } from '../../policy/decision/enforcement';
import type { Enforcement, RuntimePolicy } from '../../policy/model/runtime-policy';

/** What a decider is made of. Plain data, so that it can pass between threads. */
export interface PolicySource {
  readonly policy: RuntimePolicy;
  /** Those of the cluster that are known. */
  readonly runtimeClasses: readonly RuntimeClass[];
}

export interface LoadedPolicy {
  readonly source: PolicySource;
  readonly decider: Decider;
  /** How the policy is enforced in a namespace. */
  readonly enforcementOf: (namespace: string) => Enforcement;
  /** First 12 hex digits of the SHA-256 of the canonical policy, as in the decision annotation. */
  readonly hash: string;
}

export interface PolicyFiles {
  readonly policyFile: string;
  /** Undefined: no RuntimeClass is known. */
  readonly runtimeClassesFile: string | undefined;
}

/** The files to watch. */
export function policyPaths({ policyFile, runtimeClassesFile }: PolicyFiles): readonly string[] {
  return runtimeClassesFile === undefined ? [policyFile] : [policyFile, runtimeClassesFile];
}

/**
 * Loads both files or neither.
 *
 * @throws Error if a file is missing or not JSON, SandboxError `POLICY_INVALID` or `RUNTIME_CLASSES_INVALID` with every problem if its
 *   content is invalid
 */
export async function loadPolicy({
  policyFile,
  runtimeClassesFile,
}: PolicyFiles): Promise<LoadedPolicy> {
  const policy = parsePolicy(await readJson(policyFile, 'policy'));
  const runtimeClasses =
    runtimeClassesFile === undefined
      ? []
      : parseRuntimeClasses(await readJson(runtimeClassesFile, 'RuntimeClasses'));
  const source = { policy, runtimeClasses };
  const scopeOf = scopeFinder(policy);
  return {
    source,
    decider: compileDecider(source),
    enforcementOf: (namespace) => scopeOf(namespace).enforcement,
    hash: policyHash(policy),
  };
}

/** The fast decider. Its decisions equal those of the reference in policy/rules/match.ts. */
export function compileDecider({ policy, runtimeClasses }: PolicySource): Decider {
  return createDecider(policy, compileMatcher(policy), runtimeClasses);
}

async function readJson(path: string, what: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`the ${what} file is not JSON`, { cause: error });
  }
}

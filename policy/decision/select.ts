/**
 * Selection: which runtime a pod gets. The first row that applies decides.
 *
 * | # | state of the pod | chosen (source) |
 * |---|---|---|
 * | 1 | label names a runtime | that runtime (`label`) |
 * | 2 | label names no runtime, the empty value too | nothing |
 * | 3 | class of no known runtime | nothing |
 * | 4 | class of a known runtime, acceptable to the matching rules, or none match | that runtime (`class`) |
 * | 5 | class of a known runtime, not acceptable | nothing |
 * | 6 | rules match | the strongest runtime they name (`rule`) |
 * | 7 | holds a required container of this namespace | nothing |
 * | 8 | otherwise | `unlabelled.assign` (`default`), or nothing |
 *
 * Where nothing is chosen validation refuses the pod, except in row 8 under `unlabelled: 'ignore'`.
 */
import {
  acceptableToRules,
  applicableRequirements,
  runtimeNamed,
  runtimeOfClass,
  strongestRule,
} from './strength';
import type { Selection, Source } from './decision';
import type { PodFacts } from '../pod/facts';
import type { Rule, Runtime, RuntimePolicy } from '../model/runtime-policy';

type Choice = Pick<Selection, 'runtime' | 'source'>;

/** Selects for a pod with these facts, of which these rules match. */
export function selectRuntime(
  policy: RuntimePolicy,
  facts: PodFacts,
  matching: readonly Rule[],
): Selection {
  return { ...choose(policy, facts, matching), rules: matching.map((rule) => rule.name) };
}

function choose(policy: RuntimePolicy, facts: PodFacts, matching: readonly Rule[]): Choice {
  const label = facts.labels.get(policy.labelKey);
  if (label !== undefined) return chosen(runtimeNamed(policy, label), 'label'); // rows 1 and 2
  const { runtimeClassName } = facts;
  if (runtimeClassName !== undefined) {
    const runtime = runtimeOfClass(policy, runtimeClassName); // undefined in row 3
    return acceptableToRules(policy, matching, runtime?.name) ? chosen(runtime, 'class') : NOTHING; // rows 4 and 5
  }
  const rule = strongestRule(policy, matching);
  if (rule !== undefined) return chosen(runtimeNamed(policy, rule.runtime), 'rule'); // row 6
  if (applicableRequirements(policy, facts).length > 0) return NOTHING; // row 7
  const { unlabelled } = policy;
  if (typeof unlabelled === 'string') return NOTHING;
  return chosen(runtimeNamed(policy, unlabelled.assign), 'default'); // row 8
}

const NOTHING: Choice = { runtime: undefined, source: 'none' };

function chosen(runtime: Runtime | undefined, source: Source): Choice {
  return runtime === undefined ? NOTHING : { runtime, source };
}

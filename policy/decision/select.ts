/**
 * Selection: which runtime a pod gets. The first row that applies decides.
 *
 * | # | state of the pod | chosen (source) |
 * |---|---|---|
 * | 0 | mirror of a static pod, or an exempt rule matches, no deny rule does and there is no label | nothing (`mirror`, `exempt`) |
 * | 1 | label names a runtime | that runtime (`label`) |
 * | 2 | label names no runtime, the empty value too | nothing |
 * | 3 | class of no known runtime | nothing |
 * | 4 | class of a known runtime, no weaker than the minimum and acceptable to the binding rules, or there are none | that runtime (`class`) |
 * | 5 | class of a known runtime, not so | nothing |
 * | 6 | rules match | the strongest runtime they name, or the minimum where that is stronger (`rule`) |
 * | 7 | holds a required container of this namespace | nothing |
 * | 8 | otherwise | `unlabelled.assign`, or the minimum where that is stronger (`default`), or nothing |
 *
 * Where nothing is chosen validation refuses the pod, except in row 0 and in row 8 under `unlabelled: 'ignore'`.
 */
import { demandsOf, isMirror, raised, type Demands } from './demands';
import {
  acceptableToRules,
  applicableRequirements,
  runtimeNamed,
  runtimeOfClass,
  strengthOf,
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
  const demands = demandsOf(policy, facts, matching);
  if (isMirror(facts)) return { runtime: undefined, source: 'mirror', rules: [] };
  if (demands.exempting.length > 0) {
    return { runtime: undefined, source: 'exempt', rules: namesOf(demands.exempting) };
  }
  return { ...choose(policy, facts, demands), rules: namesOf(demands.asking) };
}

function choose(policy: RuntimePolicy, facts: PodFacts, demands: Demands): Choice {
  const label = facts.labels.get(policy.labelKey);
  if (label !== undefined) return chosen(runtimeNamed(policy, label), 'label'); // rows 1 and 2
  const { runtimeClassName } = facts;
  if (runtimeClassName !== undefined) {
    const runtime = runtimeOfClass(policy, runtimeClassName); // undefined in row 3
    return isAcceptable(policy, demands, runtime) ? chosen(runtime, 'class') : NOTHING; // rows 4 and 5
  }
  if (demands.asking.length > 0) {
    const rule = strongestRule(policy, demands.binding);
    return chosen(raised(policy, demands, rule?.runtime), 'rule'); // row 6
  }
  if (applicableRequirements(policy, facts).length > 0) return NOTHING; // row 7
  const { unlabelled } = policy;
  if (unlabelled === 'deny') return NOTHING;
  const assigned = unlabelled === 'ignore' ? undefined : unlabelled.assign;
  return chosen(raised(policy, demands, assigned), 'default'); // row 8
}

function isAcceptable(
  policy: RuntimePolicy,
  { binding, minimum }: Demands,
  runtime: Runtime | undefined,
): boolean {
  const isStrongEnough = strengthOf(policy, runtime?.name) >= strengthOf(policy, minimum?.name);
  return isStrongEnough && acceptableToRules(policy, binding, runtime?.name);
}

const NOTHING: Choice = { runtime: undefined, source: 'none' };

function chosen(runtime: Runtime | undefined, source: Source): Choice {
  return runtime === undefined ? NOTHING : { runtime, source };
}

const namesOf = (rules: readonly Rule[]) => rules.map(({ name }) => name);

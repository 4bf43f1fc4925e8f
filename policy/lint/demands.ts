/** RULES_CONTRADICT of requirements and minimums: runtimes asked of the same pods that exclude each other. */
import type { Lint } from './codes';
import { neverHolds } from './implication';
import { partsInForce } from '../decision/enforcement';
import { strengthOf } from '../decision/strength';
import { asksForRuntime } from '../model/runtime-policy';
import type { Enforcement, Requirement, RuntimePolicy } from '../model/runtime-policy';
import { formulaOf } from '../rules/formula';

export function demandLints(policy: RuntimePolicy): readonly Lint[] {
  return [
    ...rulesBelowMinimum(policy),
    ...requirementsBelowMinimum(policy),
    ...contradictingRequirements(policy),
  ];
}

/** The runtime that a pod of each namespace needs at least, by the minimums that are in force wherever `part` is. */
function minimumsFor(
  policy: RuntimePolicy,
  { enforcement = 'deny' }: { readonly enforcement?: Enforcement | undefined },
): ReadonlyMap<string, string> {
  const strongest = new Map<string, string>();
  for (const { namespaces, runtime } of partsInForce(policy.minimum, enforcement)) {
    for (const namespace of namespaces) {
      const before = strengthOf(policy, strongest.get(namespace));
      if (strengthOf(policy, runtime) > before) strongest.set(namespace, runtime);
    }
  }
  return strongest;
}

function rulesBelowMinimum(policy: RuntimePolicy): readonly Lint[] {
  return policy.rules.flatMap((rule, index): Lint[] => {
    if (!asksForRuntime(rule) || rule.enforce !== 'exactly') return [];
    const weaker = [...minimumsFor(policy, rule)]
      .filter(([, runtime]) => strengthOf(policy, rule.runtime) < strengthOf(policy, runtime))
      .map(([namespace]) => ({ pod: { namespace } }));
    if (weaker.length === 0 || neverHolds(formulaOf(rule.when))) return [];
    if (!neverHolds(formulaOf({ all: [rule.when], not: { any: weaker } }))) return [];
    return [
      {
        code: 'RULES_CONTRADICT',
        path: `rules[${index}].runtime`,
        reason: 'is weaker than the minimum of every namespace the rule can match',
        fix: "name the runtime of the minimum or a stronger one, or set enforce: 'atLeast'",
      },
    ];
  });
}

function requirementsBelowMinimum(policy: RuntimePolicy): readonly Lint[] {
  return policy.required.flatMap((requirement, index): Lint[] => {
    const { namespaces, runtime, enforce } = requirement;
    if (enforce !== 'exactly') return [];
    const needed = minimumsFor(policy, requirement);
    const namespace = namespaces.find(
      (name) => strengthOf(policy, runtime) < strengthOf(policy, needed.get(name)),
    );
    if (namespace === undefined) return [];
    return [
      {
        code: 'RULES_CONTRADICT',
        path: `required[${index}].runtime`,
        reason: `is exactly ${runtime}, weaker than the minimum of namespace ${namespace}, ${needed.get(namespace)}`,
        fix: "name the runtime of the minimum or a stronger one, or set enforce: 'atLeast'",
      },
    ];
  });
}

/** No pod with the container meets both. Of different enforcement the softer one is most likely a trial. */
function contradictingRequirements(policy: RuntimePolicy): readonly Lint[] {
  const earlier = new Map<string, { index: number; requirement: Requirement }[]>();
  return policy.required.flatMap((requirement, index): Lint[] => {
    const places = requirement.namespaces.map(
      (namespace) => `${namespace}/${requirement.container}`,
    );
    const found = places
      .flatMap((place) => earlier.get(place) ?? [])
      .find((other) => excludeEachOther(policy, requirement, other.requirement));
    for (const place of places) {
      earlier.set(place, [...(earlier.get(place) ?? []), { index, requirement }]);
    }
    if (found === undefined) return [];
    const [path, other] = [`required[${index}]`, `required[${found.index}]`];
    const reason = `asks for another runtime than ${other} for the same container, so no pod with it meets both`;
    const fix = 'keep one of the two, or give them different namespaces';
    return [{ code: 'RULES_CONTRADICT', path, reason, fix }];
  });
}

function excludeEachOther(policy: RuntimePolicy, one: Requirement, other: Requirement): boolean {
  if (one.enforcement !== other.enforcement) return false;
  if (one.enforce === 'present' || other.enforce === 'present') return false;
  const [a, b] = [strengthOf(policy, one.runtime), strengthOf(policy, other.runtime)];
  if (one.enforce === 'exactly' && other.enforce === 'exactly') return a !== b;
  if (one.enforce === 'exactly') return a < b;
  return other.enforce === 'exactly' && b < a;
}

/** What rules and requirements ask of a pod's runtime, once it is known which of them concern the pod. */
import type { PodFacts } from '../pod/facts';
import type { Requirement, Runtime, RuntimePolicy, RuntimeRule } from '../model/runtime-policy';

/** The weakest runtime is 0; -1 for a name no runtime has. */
export function strengthOf(policy: RuntimePolicy, runtime: string | undefined): number {
  return policy.runtimes.findIndex(({ name }) => name === runtime);
}

export function runtimeNamed(policy: RuntimePolicy, name: string | undefined): Runtime | undefined {
  return policy.runtimes.find((runtime) => runtime.name === name);
}

export function runtimeOfClass(
  policy: RuntimePolicy,
  runtimeClassName: string | undefined,
): Runtime | undefined {
  return policy.runtimes.find((runtime) => runtime.runtimeClassName === runtimeClassName);
}

/**
 * The rule that speaks for all matching ones: the one that names the strongest runtime, the first by name among equals.
 * The runtime it names is R, what the pod's rules ask for.
 */
export function strongestRule(
  policy: RuntimePolicy,
  matching: readonly RuntimeRule[],
): RuntimeRule | undefined {
  return matching.reduce<RuntimeRule | undefined>((best, rule) => {
    if (best === undefined) return rule;
    const difference = strengthOf(policy, rule.runtime) - strengthOf(policy, best.runtime);
    return difference > 0 || (difference === 0 && rule.name < best.name) ? rule : best;
  }, undefined);
}

/**
 * Whether the matching rules take this runtime: R itself, or a stronger one where every matching rule that names R says `atLeast`.
 * Rules that name a weaker runtime than R have no say. Where no rule matches any known runtime is taken.
 */
export function acceptableToRules(
  policy: RuntimePolicy,
  matching: readonly RuntimeRule[],
  runtime: string | undefined,
): boolean {
  const strength = strengthOf(policy, runtime);
  const required = strongestRule(policy, matching)?.runtime;
  if (strength < 0 || required === undefined || required === runtime) return strength >= 0;
  const naming = matching.filter((rule) => rule.runtime === required);
  return (
    strength > strengthOf(policy, required) && naming.every((rule) => rule.enforce === 'atLeast')
  );
}

/** The requirements for containers the pod holds, in its namespace. */
export function applicableRequirements(
  policy: RuntimePolicy,
  facts: PodFacts,
): readonly Requirement[] {
  const names = new Set(facts.containers.map(({ name }) => name));
  return policy.required.filter(
    ({ namespaces, container }) => namespaces.includes(facts.namespace) && names.has(container),
  );
}

/** Whether a requirement takes the runtime the label names. A label that names none is never taken, a missing one neither. */
export function acceptableToRequirement(
  policy: RuntimePolicy,
  requirement: Requirement,
  runtime: string | undefined,
): boolean {
  const strength = strengthOf(policy, runtime);
  const required = strengthOf(policy, requirement.runtime);
  switch (requirement.enforce) {
    case 'present':
      return strength >= 0;
    case 'exactly':
      return strength === required;
    case 'atLeast':
      return strength >= required;
  }
}

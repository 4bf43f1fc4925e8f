/** Which runtime label and class stand for, what the namespace and the rules ask for, and whether a runtime is acceptable to them. */
import { strengthOf } from '../../decision/strength';
import type { Requirement, RuntimePolicy } from '../../model/runtime-policy';
import { and, literal, literals, or } from './text';
import type { Variable } from './variable';

/** The strength of a runtime is its place among the runtimes, weakest first; -1 is none. */
export function strengthVariables(policy: RuntimePolicy): readonly Variable[] {
  return [
    { name: 'minimum', expression: minimumOf(policy) },
    { name: 'required', expression: '([-1] + variables.asking.map(r, int(r.strength))).max()' },
    {
      name: 'is_binding',
      expression: 'variables.required >= 0 && variables.required >= variables.minimum',
    },
    {
      name: 'is_exact',
      expression: 'variables.asking.exists(r, r.strength == variables.required && r.exactly)',
    },
    { name: 'names', expression: 'variables.containers.map(c, c.name)' },
  ];
}

/** The strongest minimum of the namespace. */
function minimumOf(policy: RuntimePolicy): string {
  const strengths = new Map<string, number>();
  for (const { namespaces, runtime } of policy.minimum) {
    for (const name of namespaces) {
      strengths.set(name, Math.max(strengths.get(name) ?? -1, strengthOf(policy, runtime)));
    }
  }
  if (strengths.size === 0) return '-1';
  return `{${[...strengths].map(([name, strength]) => `${literal(name)}: ${strength}`).join(', ')}}[?request.namespace].orValue(-1)`;
}

/** What a pod says of its runtime: `<prefix>label`, whether it has one, and its strength; the same of its class. */
export function stateVariables(
  policy: RuntimePolicy,
  given: { readonly label: string; readonly class: string },
  prefix = '',
): readonly Variable[] {
  const { runtimes } = policy;
  const classes = runtimes.map(({ runtimeClassName }) => runtimeClassName);
  const placeIn = (names: readonly string[], name: string) =>
    `{${names.map((one, index) => `${literal(one)}: ${index}`).join(', ')}}[?variables.${prefix}${name}].orValue(-1)`;
  return [
    { name: `${prefix}has_label`, expression: `${given.label}.hasValue()` },
    { name: `${prefix}label`, expression: `${given.label}.orValue('')` },
    { name: `${prefix}has_class`, expression: `${given.class}.hasValue()` },
    { name: `${prefix}class`, expression: `${given.class}.orValue('')` },
    {
      name: `${prefix}label_strength`,
      expression: placeIn(
        runtimes.map(({ name }) => name),
        'label',
      ),
    },
    { name: `${prefix}class_strength`, expression: placeIn(classes, 'class') },
  ];
}

/** Label and class as the pod states them. */
export function statedOf({ labelKey }: RuntimePolicy) {
  return {
    label: `variables.labels[?${literal(labelKey)}]`,
    class: 'object.spec.?runtimeClassName',
  };
}

/** The name of the runtime of that strength, which must not be -1. */
export function runtimeName({ runtimes }: RuntimePolicy, strength: string): string {
  return `${literals(runtimes.map(({ name }) => name))}[${strength}]`;
}

export function className({ runtimes }: RuntimePolicy, strength: string): string {
  return `${literals(runtimes.map(({ runtimeClassName }) => runtimeClassName))}[${strength}]`;
}

/** Whether the binding rules take a runtime of that strength. */
export function acceptableToRules(strength: string): string {
  const isTaken = or([
    '!variables.is_binding',
    `${strength} == variables.required`,
    `${strength} > variables.required && !variables.is_exact`,
  ]);
  return and([`${strength} >= 0`, isTaken]);
}

/** Whether the requirement concerns the pod. */
export function concerns({ namespaces, container }: Requirement): string {
  return `request.namespace in ${literals(namespaces)} && ${literal(container)} in variables.names`;
}

/** Whether the requirement takes the label. */
export function acceptableToRequirement(policy: RuntimePolicy, requirement: Requirement): string {
  const required = strengthOf(policy, requirement.runtime);
  switch (requirement.enforce) {
    case 'present':
      return 'variables.label_strength >= 0';
    case 'exactly':
      return `variables.label_strength == ${required}`;
    case 'atLeast':
      return `variables.label_strength >= ${required}`;
  }
}

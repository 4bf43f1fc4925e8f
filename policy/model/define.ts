/** Making a policy: the shape by schema, the meaning by checks across members, every problem at once. */
import { checkConditions, isTooDeep, MAX_CONDITION_DEPTH } from './define-conditions';
import type { Problem } from '../../base/errors';
import { POLICY_ERRORS } from '../errors';
import { SandboxError } from '../../base/errors';
import type { RuntimePolicy, RuntimePolicyInput } from './runtime-policy';
import { problemsOf } from '../../base/zod-problems';
import { policySchema } from './schema';
import { elementsOf, memberOf, stringOf } from '../../base/untrusted';

/**
 * Makes a policy from what a user writes. Every default is filled in: rule titles, `enforce`, and `unlabelled`, which assigns the
 * strongest runtime.
 *
 * @throws SandboxError POLICY_INVALID with every problem: shape, duplicate names, rules for unknown runtimes, empty conditions, …
 */
export function definePolicy(input: RuntimePolicyInput): RuntimePolicy {
  return parsePolicy(input);
}

/**
 * The same for a value from outside, such as parsed JSON. The result shares nothing with the value and survives JSON unchanged.
 *
 * @throws SandboxError POLICY_INVALID, as `definePolicy`
 */
export function parsePolicy(value: unknown): RuntimePolicy {
  if (isTooDeep(value)) {
    const fix = `write conditions of at most ${MAX_CONDITION_DEPTH} levels`;
    throw new SandboxError(POLICY_ERRORS.POLICY_INVALID, [
      { path: 'policy', reason: 'is nested too deeply to be read', fix },
    ]);
  }
  const parsed = policySchema.safeParse(value);
  const shape = parsed.success ? [] : problemsOf(parsed.error).map(namePolicy);
  const [first, ...others] = [...shape, ...checkNames(value), ...checkConditions(value)];
  if (first !== undefined) throw new SandboxError(POLICY_ERRORS.POLICY_INVALID, [first, ...others]);
  return JSON.parse(JSON.stringify(parsed.data)) as RuntimePolicy;
}

/** Names are unique where they identify, and known where they refer. Reads the raw value, so that it runs beside the schema. */
function checkNames(policy: unknown): Problem[] {
  const runtimes = elementsOf(memberOf(policy, 'runtimes'));
  const rules = elementsOf(memberOf(policy, 'rules'));
  const required = elementsOf(memberOf(policy, 'required'));
  const minimum = elementsOf(memberOf(policy, 'minimum'));
  const known = new Set(runtimes.map((runtime) => stringOf(memberOf(runtime, 'name'))));
  const assigned = memberOf(memberOf(policy, 'unlabelled'), 'assign');
  return [
    ...duplicates(runtimes, 'runtimes', 'name'),
    ...duplicates(runtimes, 'runtimes', 'runtimeClassName'),
    ...duplicates(rules, 'rules', 'name'),
    ...duplicateNamespaces(elementsOf(memberOf(policy, 'tenants'))),
    ...rules.flatMap((rule, i) => unknown(memberOf(rule, 'runtime'), `rules[${i}].runtime`, known)),
    ...required.flatMap((requirement, i) =>
      unknown(memberOf(requirement, 'runtime'), `required[${i}].runtime`, known),
    ),
    ...minimum.flatMap((least, i) =>
      unknown(memberOf(least, 'runtime'), `minimum[${i}].runtime`, known),
    ),
    ...unknown(assigned, 'unlabelled.assign', known),
  ];
}

function duplicates(elements: readonly unknown[], list: string, member: string): Problem[] {
  const seen = new Map<string, number>();
  return elements.flatMap((element, index) => {
    const name = stringOf(memberOf(element, member));
    if (name === undefined) return [];
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    if (first === undefined) return [];
    const reason = `${list}[${first}].${member} is "${name}" already`;
    return [{ path: `${list}[${index}].${member}`, reason, fix: 'give each its own' }];
  });
}

function duplicateNamespaces(tenants: readonly unknown[]): Problem[] {
  const seen = new Map<string, string>();
  return tenants.flatMap((tenant, index) =>
    elementsOf(memberOf(tenant, 'namespaces')).flatMap((name, place) => {
      if (typeof name !== 'string') return [];
      const path = `tenants[${index}].namespaces[${place}]`;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, path);
      if (first === undefined) return [];
      const reason = `${first} is "${name}" already`;
      return [{ path, reason, fix: 'name each namespace once' }];
    }),
  );
}

function unknown(name: unknown, path: string, known: ReadonlySet<string | undefined>): Problem[] {
  if (typeof name !== 'string' || known.has(name)) return [];
  const names = [...known].filter((runtime) => runtime !== undefined).join(', ');
  return [{ path, reason: `no runtime is named "${name}"`, fix: `use one of ${names}` }];
}

function namePolicy(problem: Problem): Problem {
  return problem.path === '' ? { ...problem, path: 'policy' } : problem;
}

/**
 * What of a policy is in force in a namespace, and how. A namespace has one enforcement: its tenant's, else the policy's. A part of the
 * policy (rule, requirement, minimum, guardrail) may be softer than its namespace, never harder.
 */
import type { Enforcement, Guardrails, RuntimePolicy } from '../model/runtime-policy';

/** Softest first. */
const ENFORCEMENTS: readonly Enforcement[] = ['audit', 'warn', 'deny'];

const hardness = (enforcement: Enforcement): number => ENFORCEMENTS.indexOf(enforcement);

/** The policy as it would be if everything as hard as `enforcement`, or harder, were enforced, and nothing softer existed. */
export interface Stage {
  readonly enforcement: Enforcement;
  readonly policy: RuntimePolicy;
}

/** What some namespaces have in common. */
export interface Scope {
  /** Undefined for every namespace that no tenant names. */
  readonly namespaces: readonly string[] | undefined;
  readonly enforcement: Enforcement;
  /** Hardest first: the namespace's own enforcement, then each softer one that a part of the policy has. */
  readonly stages: readonly Stage[];
}

/** The scopes of a policy: that of all namespaces no tenant names, then one for each tenant, in order. */
export function scopesOf(policy: RuntimePolicy): readonly [Scope, ...Scope[]] {
  const scopeOf = (
    namespaces: Scope['namespaces'],
    enforcement: Enforcement,
    guardrails: Guardrails,
  ): Scope => {
    const whole = { ...policy, guardrails };
    const softer = partsOf(whole).filter((part) => hardness(part) < hardness(enforcement));
    const stages = ENFORCEMENTS.filter((one) => one === enforcement || softer.includes(one));
    return {
      namespaces,
      enforcement,
      stages: stages
        .toReversed()
        .map((stage) => ({ enforcement: stage, policy: partsAtLeast(whole, stage) })),
    };
  };
  return [
    scopeOf(undefined, policy.enforcement, policy.guardrails),
    ...policy.tenants.map(({ namespaces, enforcement, guardrails }) =>
      scopeOf(namespaces, enforcement ?? policy.enforcement, {
        ...policy.guardrails,
        ...guardrails,
      }),
    ),
  ];
}

/** Finds the scope of a namespace. */
export function scopeFinder(policy: RuntimePolicy): (namespace: string) => Scope {
  const [other, ...tenants] = scopesOf(policy);
  const named = new Map(
    tenants.flatMap((scope) => (scope.namespaces ?? []).map((name) => [name, scope] as const)),
  );
  return (namespace) => named.get(namespace) ?? other;
}

/** Whether pods of any namespace can be changed or refused. */
export function enforcesAnything(policy: RuntimePolicy): boolean {
  return scopesOf(policy).some(({ enforcement }) => enforcement === 'deny');
}

/** Those parts that are in force at a stage. */
export function partsInForce<Part extends { readonly enforcement?: Enforcement | undefined }>(
  parts: readonly Part[],
  stage: Enforcement,
): readonly Part[] {
  return parts.filter(({ enforcement }) => isAtLeast(stage, enforcement));
}

const isAtLeast = (stage: Enforcement, enforcement: Enforcement = 'deny'): boolean =>
  hardness(enforcement) >= hardness(stage);

function partsAtLeast(policy: RuntimePolicy, stage: Enforcement): RuntimePolicy {
  const guardrails = Object.entries(policy.guardrails).map(([name, value]) => {
    const enforcement = enforcementOf(value);
    return [name, enforcement && !isAtLeast(stage, enforcement) ? 'allow' : value];
  });
  return {
    ...policy,
    rules: [...partsInForce(policy.rules, stage)],
    required: [...partsInForce(policy.required, stage)],
    minimum: [...partsInForce(policy.minimum, stage)],
    guardrails: Object.fromEntries(guardrails) as Guardrails,
  };
}

function partsOf(policy: RuntimePolicy): Enforcement[] {
  const { rules, required, minimum, guardrails } = policy;
  return [
    ...[...rules, ...required, ...minimum].map(({ enforcement = 'deny' }) => enforcement),
    ...Object.values(guardrails).flatMap((value) => enforcementOf(value) ?? []),
  ];
}

/** How strictly what a guardrail does not open is meant; undefined where it opens all. */
function enforcementOf(value: Guardrails[keyof Guardrails]): Enforcement | undefined {
  if (typeof value === 'object') return value.otherwise;
  if (value === 'allow') return undefined;
  return value === undefined || value === 'kata-only' ? 'deny' : value;
}

/** What tenants of the settings say of the policy, merged into it; and what of a tenant follows from the policy. */
import type { z } from 'zod';
import type { Problem } from '../../base/errors';
import { scopeFinder, type Scope } from '../../policy/decision/enforcement';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { SYSTEM_PRIORITY_CLASSES } from '../internal/critical-pods-quota';
import { defaultLimitRange } from './limit-range';
import type { TenantConfig, tenantSchema } from './schema';

type Tenant = z.output<typeof tenantSchema>;

/** Guardrails for what the Pod Security level `baseline` refuses too (kubernetes.io, "Pod Security Standards"). */
const BASELINE_GUARDRAILS = [
  'hostPaths',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'privileged',
] as const;

/**
 * The policy with `enforcement` and `guardrails` of each tenant in `policy.tenants`, and a problem for each that `policy.tenants` has
 * already.
 */
export function mergeTenantPolicies(
  policy: RuntimePolicy,
  tenants: readonly Tenant[],
): { readonly policy: RuntimePolicy; readonly problems: readonly Problem[] } {
  const named = new Map(
    policy.tenants.flatMap(({ namespaces }, index) =>
      namespaces.map((name, place) => [name, `policy.tenants[${index}].namespaces[${place}]`]),
    ),
  );
  const saying = tenants.flatMap(({ name, enforcement, guardrails }, index) => {
    const parts = { ...(enforcement && { enforcement }), ...(guardrails && { guardrails }) };
    return Object.keys(parts).length === 0 ? [] : [{ name, index, parts }];
  });
  return {
    policy: {
      ...policy,
      tenants: [
        ...policy.tenants,
        ...saying.map(({ name, parts }) => ({ namespaces: [name], ...parts })),
      ],
    },
    problems: saying.flatMap(({ name, index, parts }) => {
      const place = named.get(name);
      if (place === undefined) return [];
      return Object.keys(parts).map((member) => ({
        path: `tenants[${index}].${member}`,
        reason: `${place} is "${name}" already`,
        fix: 'say it in one of the two places',
      }));
    }),
  };
}

/** The tenant with every default that depends on the policy. */
export function resolveTenant(
  { enforcement: _enforcement, guardrails: _guardrails, ...tenant }: Tenant,
  policy: RuntimePolicy,
): TenantConfig {
  const scope = scopeFinder(policy)(tenant.name);
  const system = isClosed(scope, ['systemPriority']) ? SYSTEM_PRIORITY_CLASSES : [];
  return {
    ...tenant,
    podSecurity: {
      ...tenant.podSecurity,
      enforce: tenant.podSecurity.enforce ?? (deniesAsBaseline(scope) ? 'baseline' : 'privileged'),
    },
    deniedPriorityClasses: [...new Set([...system, ...tenant.deniedPriorityClasses])],
    limitRange: tenant.limitRange ?? defaultLimitRange(policy),
  };
}

/**
 * Whether everything in these namespaces that both the policy and Pod Security `baseline` know of is refused by the policy, so that the
 * level contradicts nothing that the policy admits.
 */
export function deniesAsBaseline(scope: Scope): boolean {
  return isClosed(scope, BASELINE_GUARDRAILS);
}

type Guardrail = keyof RuntimePolicy['guardrails'];

/** Whether the policy refuses all that these guardrails stand for. One that is softer than `deny` counts as `allow` in the stage of `deny`. */
function isClosed({ enforcement, stages }: Scope, guardrails: readonly Guardrail[]): boolean {
  const given = stages[0]?.policy.guardrails ?? {};
  return enforcement === 'deny' && guardrails.every((name) => (given[name] ?? 'deny') === 'deny');
}

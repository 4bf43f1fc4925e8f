/** The LimitRange a tenant gets by default. */
import type { Condition, RuntimePolicy } from '../../policy/model/runtime-policy';
import type { TenantConfig } from './schema';

const DEFAULT_REQUESTS = { memory: '256Mi', 'ephemeral-storage': '1Gi' };

/**
 * The LimitRange of a tenant that does not say: requests, so that the scheduler counts a container that states nothing.
 *
 * - The LimitRanger plugin runs before webhooks and policies, so a default for a resource that a rule compares would turn
 *   "does not say" into a value and change the runtime: those are left out. cpu is never among them.
 * - No limits: a default limit below what a container requests makes that pod invalid.
 */
export function defaultLimitRange(policy: RuntimePolicy): TenantConfig['limitRange'] {
  const compared = new Set(policy.rules.flatMap((rule) => comparedResources(rule.when)));
  const requests = Object.entries(DEFAULT_REQUESTS).filter(([resource]) => !compared.has(resource));
  return requests.length === 0
    ? false
    : { default: {}, defaultRequest: Object.fromEntries(requests) };
}

function comparedResources(condition: Condition): string[] {
  const nested = [...(condition.all ?? []), ...(condition.any ?? []), condition.not ?? []].flat();
  const own = [condition.container, condition.pod].flatMap((part) => [
    ...Object.keys(part?.requests ?? {}),
    ...Object.keys(part?.limits ?? {}),
  ]);
  return [...own, ...nested.flatMap(comparedResources)];
}

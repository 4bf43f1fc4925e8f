/** The LimitRange a tenant gets by default. */
import { globMatches } from '../../base/glob';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import type { TenantConfig } from './schema';

const DEFAULT_REQUESTS = { memory: '256Mi', 'ephemeral-storage': '1Gi' };

/**
 * The LimitRange of a tenant that does not say: requests, so that the scheduler counts a container that states nothing.
 *
 * - The LimitRanger plugin runs before webhooks and policies, so a default for a resource that a rule compares, by name or by glob,
 *   would turn "does not say" into a value and change the runtime: those are left out. cpu is never among them.
 * - No limits: a default limit below what a container requests makes that pod invalid.
 */
export function defaultLimitRange(policy: RuntimePolicy): TenantConfig['limitRange'] {
  const compared = policy.rules.flatMap((rule) => comparedResources(rule.when));
  const requests = Object.entries(DEFAULT_REQUESTS).filter(
    ([resource]) => !compared.some((glob) => globMatches(glob, resource)),
  );
  return requests.length === 0
    ? false
    : { default: {}, defaultRequest: Object.fromEntries(requests) };
}

/** What a condition of a pod or of a container can be made of, as far as resources are concerned. */
interface Comparing {
  readonly all?: readonly Comparing[] | undefined;
  readonly any?: readonly Comparing[] | undefined;
  readonly not?: Comparing | undefined;
  readonly container?: Comparing | undefined;
  readonly everyContainer?: Comparing | undefined;
  readonly pod?: Comparing | undefined;
  readonly requests?: object | undefined;
  readonly limits?: object | undefined;
}

/** Names and globs of the resources that a condition compares, at any depth. */
function comparedResources(condition: Comparing): string[] {
  const { all, any, not, container, everyContainer, pod, requests, limits } = condition;
  const nested = [...(all ?? []), ...(any ?? []), not, container, everyContainer, pod];
  return [
    ...Object.keys(requests ?? {}),
    ...Object.keys(limits ?? {}),
    ...nested.flatMap((inner) => (inner === undefined ? [] : comparedResources(inner))),
  ];
}

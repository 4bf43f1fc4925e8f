/** What the policy says about the Kata nodes, where the configuration leaves it out. */
import type { Problem } from '../../../policy/errors';
import type { Runtime } from '../../../policy/model';
import { formatPath } from '../../../policy/problems';
import type { KataNodesShape } from './schema';
import { completeKataNodes, kataNodesProblems, type KataNodesSettings } from './settings';
import { handlerOf, isKataHandler, SHIM_NAMES, shimOf, UPSTREAM_DEFAULT_SHIM } from './shims';

interface Given {
  readonly shape: KataNodesShape;
  /** @default whether `runtimes` has one with a handler of Kata */
  readonly enabled: boolean | undefined;
  /** Path of the settings in the configuration. */
  readonly root: string;
}

/**
 * By default the shims are those whose handlers the policy names, and the pools those its RuntimeClasses tolerate.
 *
 * @param runtimes that have a RuntimeClass of ours; the others are the cluster's own business
 */
export function kataNodesForPolicy(
  runtimes: readonly Runtime[],
  { shape, enabled, root }: Given,
): { settings?: KataNodesSettings; problems: Problem[] } {
  const served = runtimes.filter(({ handler }) => isKataHandler(handler));
  if (!(enabled ?? served.length > 0)) return { problems: [] };

  const shims = [...new Set(served.flatMap(({ handler }) => shimOf(handler) ?? []))];
  const settings = completeKataNodes(shape, {
    shims: shims.length > 0 ? shims : [UPSTREAM_DEFAULT_SHIM],
    pools: served.length > 0 ? served.map(({ name }) => name) : ['kata'],
  });
  const installed = new Set(settings.shims.map(handlerOf));
  const missing = served
    .filter(({ handler }) => !installed.has(handler))
    .map(({ name, handler }) => notInstalled(name, handler, root));
  return { settings, problems: [...kataNodesProblems(settings, root), ...missing] };
}

function notInstalled(runtime: string, handler: string, root: string): Problem {
  const shim = shimOf(handler);
  return {
    path: formatPath(['shims'], root),
    reason: `runtime ${runtime} needs handler ${handler}, which is not installed`,
    fix:
      shim === undefined
        ? `use the handler of one of ${SHIM_NAMES.join(', ')}, or install it otherwise and set enabled: false`
        : `add ${shim}`,
  };
}

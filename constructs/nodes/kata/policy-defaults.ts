/** What the policy says about the Kata nodes, where the configuration leaves it out. */
import type { Problem } from '../../../base/errors';
import { globMatches } from '../../../base/glob';
import type { Runtime } from '../../../policy/model/runtime-policy';
import { formatPath } from '../../../base/zod-problems';
import { HYPERVISOR_ANNOTATIONS, type KataNodesShape } from './schema';
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
  const problems = [
    ...kataNodesProblems(settings, root),
    ...missing,
    ...contradictedAnnotations(served, settings, root),
  ];
  return { settings, problems };
}

/** Annotations that a shim obeys, and that no pod of its runtimes may set: then the setting has no effect. */
function contradictedAnnotations(
  served: readonly Runtime[],
  { allowedHypervisorAnnotations }: KataNodesSettings,
  root: string,
): Problem[] {
  return Object.entries(allowedHypervisorAnnotations).flatMap(([shim, names]) => {
    const runtimes = served.filter(({ handler }) => shimOf(handler) === shim);
    const allowed = runtimes.flatMap(({ allowedAnnotations = [] }) => allowedAnnotations);
    return names.flatMap((name, index) => {
      const key = `${HYPERVISOR_ANNOTATIONS}${name}`;
      if (
        runtimes.length === 0 ||
        !isPlainName(name) ||
        allowed.some((one) => globMatches(one, key))
      )
        return [];
      return [
        {
          path: formatPath(['allowedHypervisorAnnotations', shim, index], root),
          reason: `pods of runtime ${runtimes.map((runtime) => runtime.name).join(', ')} may not set ${key}`,
          fix: `add it to allowedAnnotations of the runtime in the policy, or remove ${name} here`,
        },
      ];
    });
  });
}

/** Kata takes each name for a regular expression; what is no plain name cannot be compared with the policy. */
function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(name);
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

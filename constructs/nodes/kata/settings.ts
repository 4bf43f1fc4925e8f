/** The settings of the Kata installer, with every default filled in. */
import { SandboxError, type Problem } from '../../../base/errors';
import { CONSTRUCTS_ERRORS } from '../../errors';
import { formatPath, problemsOf } from '../../../base/zod-problems';
import { nodeSelectorProblems } from '../placement';
import { KATA_NODE_LABEL } from '../scheduling';
import { kataNodesShape, type KataNodesProps, type KataNodesShape } from './schema';
import { SNAPSHOTTER_OF_FIRECRACKER, UPSTREAM_DEFAULT_SHIM, type Shim } from './shims';

/** `KataNodesProps` with every default filled in. */
export interface KataNodesSettings extends Readonly<KataNodesShape> {
  readonly shims: readonly Shim[];
  readonly defaultShim: Shim;
  readonly pools: readonly string[];
  readonly snapshotters: Readonly<Partial<Record<Shim, string>>>;
}

/** Defaults that follow from the policy, which the construct alone does not know. */
export interface KataNodesDefaults {
  readonly shims: readonly Shim[];
  readonly pools: readonly string[];
}

const DEFAULTS: KataNodesDefaults = { shims: [UPSTREAM_DEFAULT_SHIM], pools: ['kata'] };

/** @throws SandboxError CONFIG_INVALID with every member that is wrong */
export function resolveKataNodes(props: KataNodesProps): KataNodesSettings {
  const shape = kataNodesShape.safeParse(props);
  if (!shape.success) throw invalid(problemsOf(shape.error, 'props'));
  const settings = completeKataNodes(shape.data, DEFAULTS);
  const problems = kataNodesProblems(settings, 'props');
  if (problems.length > 0) throw invalid(problems);
  return settings;
}

function invalid([first, ...rest]: readonly Problem[]): SandboxError {
  if (first === undefined) throw new TypeError('an error needs a problem');
  return new SandboxError(CONSTRUCTS_ERRORS.CONFIG_INVALID, [first, ...rest]);
}

export function completeKataNodes(
  shape: KataNodesShape,
  defaults: KataNodesDefaults,
): KataNodesSettings {
  const shims = shape.shims ?? defaults.shims;
  return {
    ...shape,
    shims,
    defaultShim: shape.defaultShim ?? shims[0] ?? UPSTREAM_DEFAULT_SHIM,
    pools: shape.pools ?? defaults.pools,
    snapshotters:
      shape.snapshotters ?? (shims.includes('fc') ? { fc: SNAPSHOTTER_OF_FIRECRACKER } : {}),
  };
}

/** What the members mean together and cannot. @param root path of the settings */
export function kataNodesProblems(settings: KataNodesSettings, root: string): Problem[] {
  const { shims, defaultShim, allowedHypervisorAnnotations, snapshotters } = settings;
  const unknownShim = (path: readonly PropertyKey[], name: string): Problem[] =>
    shims.includes(name as Shim)
      ? []
      : [
          {
            path: formatPath(path, root),
            reason: `${name} is not among the shims to install, and kata-deploy stops at that`,
            fix: `use one of ${shims.join(', ')}, or add it to shims`,
          },
        ];
  return [
    ...unknownShim(['defaultShim'], defaultShim),
    ...Object.keys(allowedHypervisorAnnotations).flatMap((name) =>
      unknownShim(['allowedHypervisorAnnotations', name], name),
    ),
    ...Object.keys(snapshotters).flatMap((name) => unknownShim(['snapshotters', name], name)),
    ...nodeSelectorProblems(settings.nodeSelector, isOfKataDeploy).map((problem) => ({
      ...problem,
      path: formatPath(['nodeSelector', ...problem.path], root),
    })),
  ];
}

/** Labels that kata-deploy itself sets and takes away while it works (binary/src/main.rs, `instance_label`). */
function isOfKataDeploy(key: string): boolean {
  return key === KATA_NODE_LABEL || key.startsWith('kata-deploy.katacontainers.io/');
}

/** Whether a pool and the platform go together: the runtime, its RuntimeClass, its installer and the pool's nodes. */
import type { SandboxConfig } from '../../constructs';
import type { Problem } from '../../base/errors';
import type { Runtime } from '../../policy/model/runtime-policy';
import { installerProblems } from './pool-installer';
import {
  createdClass,
  FAMILY_TITLES,
  inSettings,
  INSTALLED_LABELS,
  POOL_KEYS,
  runtimesOf,
  sizeProblems,
  type Family,
  type NodeMarks,
  type PoolSize,
} from './pools';
import { tolerates } from './tolerations';

/** What every pool for sandboxes must satisfy, whether the runtime is installed or provided. */
export function presenceProblems(
  family: Family,
  pool: PoolSize | undefined,
  sandbox: SandboxConfig,
): readonly Problem[] {
  const key = POOL_KEYS[family];
  const names = runtimesOf(family, sandbox).map(({ name }) => name);
  if (pool === undefined && names.length > 0) {
    return [
      {
        path: key,
        reason: `is missing, so pods of runtime ${names.join(', ')} would have no nodes`,
        fix: `describe the pool, such as ${key}: {maxNodes: 3}, or take the runtime out of the policy`,
      },
    ];
  }
  if (pool === undefined) return [];
  const unused: Problem = {
    path: key,
    reason: `has no use: the policy has no runtime with a handler of ${FAMILY_TITLES[family]}`,
    fix: 'leave the pool out, or add the runtime to the policy',
  };
  return [...(names.length === 0 ? [unused] : []), ...sizeProblems(key, pool)];
}

/** A pool whose runtime one of our installers brings. */
export function installedPoolProblems(
  family: Family,
  { minNodes }: PoolSize,
  marks: NodeMarks,
  sandbox: SandboxConfig,
): readonly Problem[] {
  const runtimes = runtimesOf(family, sandbox);
  if (runtimes.length === 0) return [];
  return [
    ...installerProblems(family, marks, sandbox),
    ...runtimes.flatMap((runtime) => classProblems(family, runtime, marks, sandbox)),
    ...(minNodes === 0 ? emptyPoolProblems(family, marks, sandbox) : []),
  ];
}

/** The RuntimeClass has to be ours, and to send its pods to these nodes. */
function classProblems(
  family: Family,
  { name }: Runtime,
  { labels, poolTaints }: NodeMarks,
  sandbox: SandboxConfig,
): readonly Problem[] {
  const created = createdClass(sandbox, name);
  if (created === undefined) {
    return [
      {
        path: inSettings('runtimes', name),
        reason: `says that the cluster brings the RuntimeClass, which ${POOL_KEYS[family]} as described does not`,
        fix: `take "provided" away, so that the class is created`,
      },
    ];
  }
  const known = { ...labels, [INSTALLED_LABELS[family]]: 'true' };
  return [
    ...missingLabels(created.nodeSelector, known).map((label): Problem => ({
      path: inSettings('runtimes', name, 'nodeSelector', label),
      reason: `selects no node of ${POOL_KEYS[family]}, whose nodes are labelled ${texts(known)}`,
      fix: 'leave nodeSelector out, or select one of these labels',
    })),
    ...poolTaints
      .filter((taint) => !created.tolerations.some((toleration) => tolerates(toleration, taint)))
      .map(({ key, value }): Problem => ({
        path: inSettings('runtimes', name, 'tolerations'),
        reason: `do not include the taint of ${POOL_KEYS[family]}, ${key}=${value}:NoSchedule`,
        fix: `add {key: '${key}', operator: 'Equal', value: '${value}', effect: 'NoSchedule'}`,
      })),
  ];
}

/** Cluster Autoscaler's FAQ, "Startup taints": taints with this prefix do not count when it asks whether a new node would do. */
const AUTOSCALER_PREFIX = 'startup-taint.cluster-autoscaler.kubernetes.io/';

/** The autoscaler knows only the labels and taints that nodes of an empty pool start with, so a pod must fit those. */
function emptyPoolProblems(
  family: Family,
  { labels, startupTaints }: NodeMarks,
  sandbox: SandboxConfig,
): readonly Problem[] {
  const path = `${POOL_KEYS[family]}.minNodes`;
  const late = runtimesOf(family, sandbox).flatMap(({ name }) => {
    return missingLabels(createdClass(sandbox, name)?.nodeSelector ?? {}, labels);
  });
  const lasting = startupTaints.filter(({ key }) => !key.startsWith(AUTOSCALER_PREFIX));
  return [
    ...(late.length === 0
      ? []
      : [
          {
            path,
            reason: `is 0, and the RuntimeClass selects ${late.join(', ')}, which no node has at its start: the autoscaler would never add one`,
            fix: `give at least 1, or select ${texts(labels)} in runtimes of the settings file`,
          },
        ]),
    ...(lasting.length === 0
      ? []
      : [
          {
            path,
            reason: `is 0, and new nodes have taint ${lasting.map(({ key }) => key).join(', ')}, which the autoscaler takes for a lasting one`,
            fix:
              family === 'kata'
                ? `give at least 1, or a key below ${AUTOSCALER_PREFIX} in nodes.kata.startupTaints of the settings file`
                : 'give at least 1',
          },
        ]),
  ];
}

/** Keys of `selector` that nodes with `labels` do not satisfy. */
function missingLabels(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(selector).flatMap(([key, value]) => (labels[key] === value ? [] : [key]));
}

function texts(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

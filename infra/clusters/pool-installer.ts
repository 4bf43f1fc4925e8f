/** Whether the installer of a runtime runs on the nodes of its pool, and on no others. */
import type { SandboxConfig } from '../../constructs';
import type { PlacementSettings } from '../../constructs/nodes/placement';
import { POOL_LABEL, poolToleration } from '../../constructs/nodes/scheduling';
import type { Problem } from '../../base/errors';
import {
  FAMILY_TITLES,
  inSettings,
  POOL_KEYS,
  runtimesOf,
  type Family,
  type NodeMarks,
} from './pools';
import { tolerates } from './tolerations';

/** The only handler that our gVisor installer configures (constructs/sandbox-chart.ts). */
const GVISOR_HANDLER = 'runsc';

export function installerProblems(
  family: Family,
  marks: NodeMarks,
  sandbox: SandboxConfig,
): readonly Problem[] {
  return family === 'kata'
    ? kataInstallerProblems(marks, sandbox)
    : gvisorInstallerProblems(marks, sandbox);
}

function kataInstallerProblems(marks: NodeMarks, { nodes }: SandboxConfig): readonly Problem[] {
  const { kata } = nodes;
  if (kata === undefined) return [noInstaller('kata', 'take enabled: false away')];
  return placementProblems('kata', kata, marks);
}

function gvisorInstallerProblems(marks: NodeMarks, sandbox: SandboxConfig): readonly Problem[] {
  const { gvisor } = sandbox.nodes;
  const handlers = runtimesOf('gvisor', sandbox).flatMap(({ handler, name }) =>
    handler === GVISOR_HANDLER ? [] : [otherHandler(name, handler)],
  );
  if (gvisor === undefined) {
    const fix = 'name a release and its SHA-512 (docs/gvisor-installer.md)';
    return [...handlers, noInstaller('gvisor', fix)];
  }
  return [...handlers, ...placementProblems('gvisor', gvisor, marks)];
}

type Placement = Pick<PlacementSettings, 'pools' | 'nodeSelector' | 'tolerations'>;

/** The installer has to select the nodes of the pool, and to tolerate their taints. */
function placementProblems(
  family: Family,
  { pools, nodeSelector, tolerations }: Placement,
  marks: NodeMarks,
): readonly Problem[] {
  if (nodeSelector === undefined) return poolsProblems(family, pools, marks);
  const tolerated = [...pools.map(poolToleration), ...tolerations];
  const kept = marks.poolTaints.filter((taint) => !tolerated.some((t) => tolerates(t, taint)));
  return [
    ...selectorProblems(family, nodeSelector, marks),
    ...kept.map(({ key, value }): Problem => ({
      path: inSettings('nodes', family, 'tolerations'),
      reason: `do not include the taint of ${POOL_KEYS[family]}, ${key}=${value}:NoSchedule`,
      fix: `add {key: '${key}', operator: 'Equal', value: '${value}', effect: 'NoSchedule'}, or add ${value} to pools`,
    })),
  ];
}

/** A pool that is listed has its taint tolerated as well. */
function poolsProblems(
  family: Family,
  pools: readonly string[],
  { labels }: NodeMarks,
): readonly Problem[] {
  const pool = labels[POOL_LABEL];
  if (pool === undefined || pools.includes(pool)) return [];
  return [
    {
      path: inSettings('nodes', family, 'pools'),
      reason: `are ${pools.join(', ')}, and the nodes of ${POOL_KEYS[family]} are labelled ${POOL_LABEL}=${pool}`,
      fix: family === 'kata' ? `leave pools out, or add ${pool}` : `add ${pool}`,
    },
  ];
}

function selectorProblems(
  family: Family,
  selector: Readonly<Record<string, string>>,
  { labels }: NodeMarks,
): readonly Problem[] {
  return Object.entries(selector)
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) => ({
      path: inSettings('nodes', family, 'nodeSelector', key),
      reason: `is ${value}, and the nodes of ${POOL_KEYS[family]} have ${labels[key] ?? 'no such label'}`,
      fix: `select ${POOL_LABEL}: '${labels[POOL_LABEL] ?? family}'`,
    }));
}

function noInstaller(family: Family, fix: string): Problem {
  return {
    path: inSettings('nodes', family),
    reason: `is off, so nothing would put ${FAMILY_TITLES[family]} on the nodes of ${POOL_KEYS[family]}`,
    fix,
  };
}

function otherHandler(name: string, handler: string): Problem {
  return {
    path: inSettings('policy', 'runtimes', name, 'handler'),
    reason: `is ${handler}, which the gVisor installer does not configure`,
    fix: `use ${GVISOR_HANDLER}`,
  };
}

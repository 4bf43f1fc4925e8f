/** Whether the installer of a runtime runs on the nodes of its pool, and on no others. */
import type { SandboxConfig } from '../../constructs';
import { POOL_LABEL } from '../../constructs/nodes/scheduling';
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
  if (kata.nodeSelector !== undefined) return selectorProblems('kata', kata.nodeSelector, marks);
  const pool = marks.labels[POOL_LABEL];
  if (pool === undefined || kata.pools.includes(pool)) return [];
  return [
    {
      path: inSettings('nodes', 'kata', 'pools'),
      reason: `are ${kata.pools.join(', ')}, and the nodes of kataPool are labelled ${POOL_LABEL}=${pool}`,
      fix: `leave pools out, or add ${pool}`,
    },
  ];
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
  // The value of the pool taint that the installer tolerates by itself (constructs/nodes/gvisor/pod.ts).
  const tolerated = [{ key: POOL_LABEL, value: 'gvisor' }, ...gvisor.tolerations];
  const kept = marks.poolTaints.filter((taint) => !tolerated.some((t) => tolerates(t, taint)));
  return [
    ...handlers,
    ...selectorProblems('gvisor', gvisor.nodeSelector, marks),
    ...kept.map(({ key, value }): Problem => ({
      path: inSettings('nodes', 'gvisor', 'tolerations'),
      reason: `do not include the taint of gvisorPool, ${key}=${value}:NoSchedule`,
      fix: `add {key: '${key}', operator: 'Equal', value: '${value}', effect: 'NoSchedule'}, or call the runtime gvisor`,
    })),
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

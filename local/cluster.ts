/** Starts, finds and stops the control plane of a local cluster. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTROL_PLANE, controlPlanePaths } from './control-plane/commands';
import { startControlPlane } from './control-plane/start';
import { chooseHostAddress } from './host-address';
import { removeNodes } from './node/removal';
import { clusterStateDir } from './paths';
import { withLock } from './processes/lock';
import { markedProcesses } from './processes/marked';
import { endMarked } from './processes/stop';
import { progressOf, type ProgressOptions } from './progress';
import { replaceFile } from './replace-file';
import { resolveTools } from './toolchain/resolve';

/**
 * How long a process has between SIGTERM and SIGKILL. Short, because none of its state is kept: an API server waits
 * for watches of nodes that ended without closing them.
 */
const GRACE_MILLISECONDS = 2_000;

/** A Kubernetes control plane that runs on this computer. */
export interface LocalCluster {
  readonly name: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** URL of the API server, on loopback. */
  readonly server: string;
  /** Folder with all files of the cluster: keys, etcd's data, `audit.log`, `logs/`. */
  readonly stateDir: string;
  /** Address of this computer at which webhooks are reached. */
  readonly hostAddress: string;
}

export interface StartClusterOptions extends ProgressOptions {
  readonly name: string;
}

/**
 * Starts a local cluster: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as ordinary processes that
 * outlive this one. A running cluster is returned unchanged; an incomplete one is removed and created again.
 * Needs no root. The cluster has no node: pods stay Pending unless host pods (`startHostPods`) or a node run them.
 * @throws SandboxError CLUSTER_NAME_INVALID, LOCAL_START_FAILED, LOCAL_NO_HOST_ADDRESS, LOCAL_LOCKED, TOOLCHAIN_*
 */
export async function startCluster({
  name,
  onProgress,
  signal,
}: StartClusterOptions): Promise<LocalCluster> {
  const stateDir = clusterStateDir(name);
  const tools = await resolveTools(CONTROL_PLANE, { onProgress, signal });
  const report = progressOf('control-plane', onProgress);
  const onWait = (pid: number): void =>
    report(`wait for process ${pid}, which works on this cluster`);
  return withLock(
    lockOf(stateDir),
    async () => {
      const running = await findCluster(name);
      if (running) return running;
      await removeCluster(stateDir);
      const hostAddress = chooseHostAddress();
      const server = await startControlPlane({
        name,
        stateDir,
        hostAddress,
        tools,
        signal,
        report,
      });
      const kubeconfig = controlPlanePaths(stateDir).adminKubeconfig;
      const cluster: LocalCluster = { name, kubeconfig, server, stateDir, hostAddress };
      await replaceFile(recordOf(stateDir), JSON.stringify(cluster));
      return cluster;
    },
    { signal, onWait },
  );
}

/** The cluster called `name` if all of its control plane runs. @throws SandboxError CLUSTER_NAME_INVALID */
export async function findCluster(name: string): Promise<LocalCluster | undefined> {
  const stateDir = clusterStateDir(name);
  const record = await readFile(recordOf(stateDir), 'utf8').catch(() => undefined);
  if (record === undefined) return undefined;
  const roles = new Set((await markedProcesses(stateDir)).map(({ role }) => role));
  return CONTROL_PLANE.every((role) => roles.has(role))
    ? (JSON.parse(record) as LocalCluster)
    : undefined;
}

/**
 * Ends every process of the cluster called `name` and removes its state folder; does nothing if neither exists.
 * @throws SandboxError CLUSTER_NAME_INVALID, LOCAL_STOP_FAILED, LOCAL_LOCKED
 */
export async function stopCluster(name: string): Promise<void> {
  const stateDir = clusterStateDir(name);
  await withLock(lockOf(stateDir), () => removeCluster(stateDir));
}

/**
 * Dependents end before the process they need: an API server without etcd hangs in its own shutdown, so if etcd
 * has already ended, the others get no SIGTERM first.
 */
async function removeCluster(stateDir: string): Promise<void> {
  const controlPlane: readonly string[] = CONTROL_PLANE;
  const whole = (await markedProcesses(stateDir)).some(({ role }) => role === 'etcd');
  const grace = whole ? GRACE_MILLISECONDS : 0;
  await removeNodes(stateDir);
  await endMarked(stateDir, (role) => !controlPlane.includes(role), grace);
  for (const role of [...CONTROL_PLANE].reverse()) {
    await endMarked(stateDir, (other) => other === role, grace);
  }
  await rm(stateDir, { recursive: true, force: true });
}

function lockOf(stateDir: string): string {
  return `${stateDir}.lock`;
}

function recordOf(stateDir: string): string {
  return join(stateDir, 'cluster.json');
}

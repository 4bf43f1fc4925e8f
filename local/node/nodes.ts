/** Starts and stops the nodes of a cluster. */
import { SandboxError, refuse } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import type { LocalCluster } from '../cluster';
import { localImages } from '../images/local-images';
import { clusterStateDir } from '../paths';
import { withLock } from '../processes/lock';
import { progressOf, type ProgressOptions } from '../progress';
import { bringUp, type LocalNode } from './bring-up';
import { PAUSE_IMAGE } from './config';
import { COREDNS_IMAGE } from './dns';
import { MAX_NODES } from './network';
import { systemPrograms } from './packages';
import { nodePrograms } from './programs';
import { endNodes, removeNodes } from './removal';
import { supportProblems } from './support';

export interface StartNodesOptions extends ProgressOptions {
  /** Number of nodes of the cluster, called `node-1` and so on. @default 1 */
  readonly count?: number;
  /** Whether the nodes have the handler `runsc` from the start; `none` leaves that to an installer. @default 'none' */
  readonly gvisor?: 'preinstalled' | 'none';
}

/**
 * Adds real nodes to a local cluster: containerd, runc, kubelet and kube-proxy in namespaces of their own, which
 * outlive this process. Running nodes are kept; missing or incomplete ones are created again.
 * Returns when pods can run on all of them.
 * @throws SandboxError NODE_UNSUPPORTED, NODE_PROGRAMS_MISSING, NODE_NETWORK_FULL, NODE_START_FAILED, TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function startNodes(
  cluster: LocalCluster,
  { count = 1, gvisor = 'none', onProgress, signal }: StartNodesOptions = {},
): Promise<readonly LocalNode[]> {
  requireSupport(count);
  const report = progressOf('node', onProgress);
  const programs = await nodePrograms({ gvisor: gvisor === 'preinstalled', report, signal });
  const system = await systemPrograms({ report, signal });
  for (const consequence of system.missing) report(`continue, but ${consequence}`);
  report('make images');
  const busybox = system.paths.get('busybox');
  const archives = await localImages(
    { pause: PAUSE_IMAGE, coredns: COREDNS_IMAGE },
    { ...programs.images, busybox },
  );
  const shared = { cluster, gvisor, programs, system, archives, report, signal };
  return withLock(
    lockOf(cluster.stateDir),
    async () => {
      try {
        return await bringUp(count, shared);
      } catch (error) {
        // The logs stay, because the error names them; the next start or stop removes them.
        await endNodes(cluster.stateDir);
        throw error;
      }
    },
    { signal, onWait: (pid) => report(`wait for process ${pid}, which works on these nodes`) },
  );
}

/**
 * Ends the nodes of the cluster called `clusterName` and removes everything they left on this computer: processes, mounts,
 * links, routes, cgroups, files. Also removes the remains of a killed run; does nothing if nothing exists.
 * @throws SandboxError CLUSTER_NAME_INVALID, NODE_STOP_FAILED, LOCAL_STOP_FAILED, LOCAL_LOCKED
 */
export async function stopNodes(clusterName: string): Promise<void> {
  const stateDir = clusterStateDir(clusterName);
  await withLock(lockOf(stateDir), () => removeNodes(stateDir));
}

function requireSupport(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > MAX_NODES) {
    throw new SandboxError(LOCAL_ERRORS.NODE_UNSUPPORTED, [
      {
        path: 'count',
        reason: `${count} is not a number of nodes`,
        fix: `choose 1 to ${MAX_NODES}`,
      },
    ]);
  }
  refuse(LOCAL_ERRORS.NODE_UNSUPPORTED, supportProblems());
}

function lockOf(stateDir: string): string {
  return `${stateDir}.nodes.lock`;
}

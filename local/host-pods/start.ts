/** Starts and ends the supervisor of host pods. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { NAMESPACES } from '../../base/names';
import { connectByPath } from '../../kubernetes/by-path';
import type { LocalCluster } from '../cluster';
import { withLock } from '../processes/lock';
import { markedProcesses } from '../processes/marked';
import { spawnOwn, tailOf } from '../processes/spawn';
import { endMarked } from '../processes/stop';
import { progressOf, type ProgressOptions, type Task } from '../progress';
import { replaceFile } from '../replace-file';
import { resolveTools } from '../toolchain/resolve';
import { waitFor } from '../../base/wait-until';
import { leaseHolder } from './host-node';
import type { SupervisorConfig } from './supervisor';

export const HOST_PODS_ROLE = 'host-pods';
const READY_TIMEOUT_MILLISECONDS = 60_000;

/** The supervisor ends its processes itself within this time. */
const GRACE_MILLISECONDS = 5_000;

export interface StartHostPodsOptions extends ProgressOptions {
  /** Namespaces whose pods run as host processes. @default the one of Gatekeeper and the webhook */
  readonly namespaces?: readonly string[];
}

/**
 * Runs the pods of some namespaces as processes of this computer, on a Node called `host-processes`: Gatekeeper's
 * from its program, this project's with this Node.js and the code in their ConfigMaps. For a cluster without nodes. The API server
 * sees ordinary pods that become Ready, so waiting for a Deployment to be Available works as in any cluster.
 *
 * They have the features of pods: Secret and ConfigMap volumes that follow the objects, the ServiceAccount's token and therefore
 * its RBAC, probes, restarts, EndpointSlices. They have no isolation: no user, file system, network or memory limit of
 * their own. The rest of a cluster (other namespaces, other images, init containers) needs nodes.
 *
 * A supervisor that outlives this process runs them; one with the same settings is kept. `stopCluster` ends it.
 * @throws SandboxError LOCAL_START_FAILED, LOCAL_LOCKED, TOOLCHAIN_*
 */
export async function startHostPods(
  cluster: LocalCluster,
  options: StartHostPodsOptions = {},
): Promise<void> {
  const { namespaces = [NAMESPACES.gatekeeper], onProgress, signal } = options;
  const { gatekeeper } = await resolveTools(['gatekeeper'], { onProgress, signal });
  const { stateDir, kubeconfig, server, hostAddress } = cluster;
  const programs = { gatekeeper, node: process.execPath };
  const config: SupervisorConfig = {
    stateDir,
    kubeconfig,
    server,
    hostAddress,
    namespaces,
    programs,
  };
  const report = progressOf('host-pods', onProgress);
  const lock = join(stateDir, 'host-pods.lock');
  await withLock(lock, () => ensureRunning(config, { report, signal }), { signal });
}

async function ensureRunning(config: SupervisorConfig, { report, signal }: Task): Promise<void> {
  const { stateDir } = config;
  const configFile = join(stateDir, 'host-pods.json');
  const text = JSON.stringify(config);
  const runs = (await markedProcesses(stateDir)).some(({ role }) => role === HOST_PODS_ROLE);
  if (runs && (await readFile(configFile, 'utf8').catch(() => '')) === text) return;
  await endMarked(stateDir, (role) => role === HOST_PODS_ROLE, GRACE_MILLISECONDS);
  await replaceFile(configFile, text, 0o600);

  report('start the supervisor');
  const logFile = join(stateDir, 'logs', 'host-pods.log');
  const child = await spawnOwn(stateDir, {
    role: HOST_PODS_ROLE,
    main: join(__dirname, 'host-kubelet.ts'),
    args: [configFile],
    logFile,
  });
  let ended = false;
  child.on('exit', () => (ended = true));
  const client = await connectByPath({ kubeconfig: config.kubeconfig });
  try {
    const ready = await waitFor(
      async () => {
        if (ended) return false;
        return (await leaseHolder(client)) === child.pid ? true : undefined;
      },
      { timeoutMilliseconds: READY_TIMEOUT_MILLISECONDS, signal },
    );
    if (!ready) throw await startError(logFile);
  } finally {
    client.close();
  }
}

async function startError(logFile: string): Promise<SandboxError> {
  return new SandboxError(LOCAL_ERRORS.LOCAL_START_FAILED, [
    {
      path: 'supervisor of host pods',
      reason: `it ended or was not ready after ${READY_TIMEOUT_MILLISECONDS / 1000} s; its log ends with:\n${await tailOf(logFile, 15)}`,
      fix: `read ${logFile}, then start again`,
    },
  ]);
}

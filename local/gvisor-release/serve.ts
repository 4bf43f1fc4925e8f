/** Starts the file server that publishes the gVisor release to local nodes. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import type { LocalCluster } from '../cluster';
import { markedProcesses } from '../processes/marked';
import { spawnOwn, tailOf } from '../processes/spawn';
import { endMarked } from '../processes/stop';
import { progressOf, type ProgressOptions } from '../progress';
import { waitFor } from '../../base/wait-until';
import { makeGvisorRelease, type GvisorRelease } from './release';

const ROLE = 'gvisor-release';
const START_TIMEOUT_MILLISECONDS = 30_000;

export interface ServedRelease extends Omit<GvisorRelease, 'folder'> {
  /** URL before the version. */
  readonly source: string;
}

/**
 * Publishes a gVisor release to the nodes of a local cluster, at the same URL while the cluster lives.
 * `stopCluster` ends the server.
 * @throws SandboxError LOCAL_START_FAILED, TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function serveGvisorRelease(
  cluster: LocalCluster,
  { onProgress, signal }: ProgressOptions = {},
): Promise<ServedRelease> {
  const { stateDir, hostAddress } = cluster;
  const { folder, ...release } = await makeGvisorRelease({
    report: progressOf('node', onProgress),
    signal,
  });
  const addressFile = join(stateDir, 'gvisor-release.url');
  const runs = (await markedProcesses(stateDir)).some(({ role }) => role === ROLE);
  const known = runs ? await readAddress(addressFile) : undefined;
  if (known !== undefined) return { ...release, source: known };

  await endMarked(stateDir, (role) => role === ROLE, 0);
  await rm(addressFile, { force: true });
  const logFile = join(stateDir, 'logs', 'gvisor-release.log');
  await spawnOwn(stateDir, {
    role: ROLE,
    main: join(__dirname, 'file-server.ts'),
    args: [hostAddress, folder, addressFile],
    logFile,
  });
  const source = await waitFor(() => readAddress(addressFile), {
    timeoutMilliseconds: START_TIMEOUT_MILLISECONDS,
    signal,
  });
  if (source === undefined) {
    throw new SandboxError(LOCAL_ERRORS.LOCAL_START_FAILED, [
      {
        path: 'server of the gVisor release',
        reason: `it was not ready after ${START_TIMEOUT_MILLISECONDS / 1000} s; its log ends with:\n${await tailOf(logFile, 15)}`,
        fix: `read ${logFile}, then start again`,
      },
    ]);
  }
  return { ...release, source };
}

async function readAddress(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

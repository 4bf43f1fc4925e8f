/** Marks the processes of a local cluster and finds them again. */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { identify, type ProcessIdentity } from './identity';

const run = promisify(execFile);

/** Environment variables of every process of a local cluster, set before it starts. */
const OWNER = 'SECURE_AI_CLUSTER_DIR';
const ROLE = 'SECURE_AI_CLUSTER_ROLE';

export interface MarkedProcess extends ProcessIdentity {
  /** Role of the process in its cluster: `etcd`, `kube-apiserver`, `host-pod/<namespace>/<pod>/<container>`. */
  readonly role: string;
}

/**
 * The environment that marks a process as part of the cluster whose state is in `stateDir`.
 * The mark, not a file of pids, records the running processes: it cannot be missing after a crash between start and write,
 * nor name a process with a reused pid.
 */
export function markOf(stateDir: string, role: string): Record<string, string> {
  return { [OWNER]: stateDir, [ROLE]: role };
}

/** Every running process with the mark of `stateDir`. */
export async function markedProcesses(stateDir: string): Promise<MarkedProcess[]> {
  const environments = process.platform === 'linux' ? await scanProc() : await scanPs();
  const ours = environments.filter(({ text }) => text.includes(`\0${OWNER}=${stateDir}\0`));
  const processes = await Promise.all(
    ours.map(async ({ pid, text }) => {
      const identity = await identify(pid);
      const role = text.split(`\0${ROLE}=`)[1]?.split('\0')[0] ?? '';
      return identity && { ...identity, role };
    }),
  );
  return processes.filter((process) => process !== undefined);
}

interface Environment {
  readonly pid: number;
  /** Assignments, a NUL before and after each. */
  readonly text: string;
}

async function scanProc(): Promise<Environment[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  return Promise.all(
    pids.map(async (pid) => {
      // Fails for processes of other users and for those that have just ended; neither belongs to a cluster.
      const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return { pid: Number(pid), text: `\0${text}\0` };
    }),
  );
}

/** `ps -E` (BSD, macOS) prints the environment behind the command, all separated by spaces. */
async function scanPs(): Promise<Environment[]> {
  const { stdout } = await run('ps', ['-axEwwo', 'pid=,command='], { maxBuffer: 64 << 20 });
  return stdout.split('\n').map((line) => ({
    pid: Number.parseInt(line, 10),
    text: line.replace(/ (?=\w+=)|$/g, '\0'),
  }));
}

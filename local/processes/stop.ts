/** Ends marked processes. */
import { refuse, type Problem } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { waitFor } from '../../base/wait-until';
import { isAlive } from './identity';
import { markedProcesses, type MarkedProcess } from './marked';

/** A process cannot ignore SIGKILL; only one stuck in the kernel outlives it this long. */
const KILL_TIMEOUT_MILLISECONDS = 10_000;

/**
 * Ends processes: SIGTERM, and SIGKILL to those that still live after `graceMilliseconds` (at once when it is 0).
 * @throws SandboxError LOCAL_STOP_FAILED when one survives SIGKILL
 */
export async function endProcesses(
  processes: readonly MarkedProcess[],
  graceMilliseconds: number,
): Promise<void> {
  if (processes.length === 0) return;
  let left = processes;
  if (graceMilliseconds > 0) {
    await signalAll(left, 'SIGTERM');
    left = await survivors(left, graceMilliseconds);
  }
  await signalAll(left, 'SIGKILL');
  left = await survivors(left, KILL_TIMEOUT_MILLISECONDS);
  const problems = left.map(({ role, pid }): Problem => ({
    path: `process ${pid} (${role})`,
    reason: 'it did not end within 10 s of SIGKILL',
    fix: `run \`ps -o stat,wchan -p ${pid}\` to see what blocks it`,
  }));
  refuse(LOCAL_ERRORS.LOCAL_STOP_FAILED, problems);
}

/** Ends every marked process of a cluster whose role `matches`, and repeats until none is left. */
export async function endMarked(
  stateDir: string,
  matches: (role: string) => boolean,
  graceMilliseconds: number,
): Promise<void> {
  for (;;) {
    const processes = (await markedProcesses(stateDir)).filter(({ role }) => matches(role));
    if (processes.length === 0) return;
    await endProcesses(processes, graceMilliseconds);
  }
}

/** The start time is compared right before the signal, so that a process with a reused pid never gets it. */
async function signalAll(
  processes: readonly MarkedProcess[],
  signal: NodeJS.Signals,
): Promise<void> {
  for (const marked of processes) {
    if (!(await isAlive(marked))) continue;
    try {
      process.kill(marked.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function survivors(
  processes: readonly MarkedProcess[],
  timeoutMilliseconds: number,
): Promise<readonly MarkedProcess[]> {
  let left = processes;
  await waitFor(
    async () => {
      const alive = await Promise.all(left.map(isAlive));
      left = left.filter((_, index) => alive[index]);
      return left.length === 0 ? true : undefined;
    },
    { timeoutMilliseconds, intervalMilliseconds: 20 },
  );
  return left;
}

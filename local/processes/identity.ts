/** Identifies a process even if its pid is reused. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Identity of a process: the kernel may reuse its pid later, but not with the same start time. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: only equality has a meaning. */
  readonly startTime: string;
}

/** The process that has `pid` now; `undefined` if none exists, or only a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime =
    process.platform === 'linux' ? await linuxStartTime(pid) : await psStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTime === identity.startTime;
}

/** Field 22 of /proc/<pid>/stat (proc_pid_stat(5)); the command in field 2 may hold spaces and parentheses. */
async function linuxStartTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

async function psStartTime(pid: number): Promise<string | undefined> {
  const { stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  const [state = 'Z', ...start] = stdout.trim().split(/\s+/);
  return state.startsWith('Z') || start.length === 0 ? undefined : start.join(' ');
}

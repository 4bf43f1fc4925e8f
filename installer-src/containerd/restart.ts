/**
 * Restarts containerd. Pods keep running: their shims do not stay its children, and it finds them again when it starts.
 *
 * Two ways exist, chosen by what the node runs:
 * - process 1 is systemd and containerd's process belongs to one of its services (containerd.service, k3s.service, rke2-agent.service,
 *   snap.microk8s.daemon-containerd.service …): `systemctl restart` of that service, in the host's mount namespace.
 * - otherwise its supervisor is expected to start it again after SIGTERM, within the time limit. A node of kind or of
 *   `secure-ai up` works like this.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { aboutProcess, listenerOn } from '../host/processes';

/** Ends the running containerd, and resolves when another process listens on its socket. */
export type Restart = (stopped: AbortSignal) => Promise<void>;

const PROCESS = 'containerd';
const POLL_MS = 200;

/**
 * @param hostRoot directory in which this process sees the host's root
 * @param socket path of the CRI socket on the host
 * @param timeoutMs time limit for the restart
 */
export function restartContainerd(hostRoot: string, socket: string, timeoutMs: number): Restart {
  // The table of sockets has the path the process itself bound, which is the host's.
  const file = join(hostRoot, socket);
  const listener = () => listenerOn(file, [socket, file], PROCESS);
  const found = async (wanted: (pid: number) => boolean, giveUp: () => boolean) => {
    for (;;) {
      const pid = await listener();
      if (pid !== undefined && wanted(pid)) return pid;
      if (giveUp()) return undefined;
      await sleep(POLL_MS);
    }
  };
  return async (stopped) => {
    const deadlineMs = Date.now() + timeoutMs;
    const giveUp = () => stopped.aborted || Date.now() >= deadlineMs;
    const within = `within ${timeoutMs / 1000} s`;
    // Polled, because it may be starting, and a read of the kernel's table of sockets may miss one.
    const before = await found(() => true, giveUp);
    if (before === undefined)
      throw new Error(`no process ${PROCESS} that listens on ${socket} was seen ${within}`);
    await end(before, { signal: stopped, timeout: timeoutMs });
    if ((await found((pid) => pid !== before, giveUp)) === undefined)
      throw new Error(`no new process ${PROCESS} listens on ${socket} ${within}`);
  };
}

async function end(pid: number, limits: { signal: AbortSignal; timeout: number }): Promise<void> {
  const service = await systemdService(pid);
  if (service === undefined) process.kill(pid, 'SIGTERM');
  else {
    const command = ['--target', '1', '--mount', '--', 'systemctl', 'restart', service];
    await promisify(execFile)('nsenter', command, limits);
  }
}

async function systemdService(pid: number): Promise<string | undefined> {
  if ((await aboutProcess(1, 'comm'))?.trim() !== 'systemd') return undefined;
  return serviceOf((await aboutProcess(pid, 'cgroup')) ?? '');
}

/**
 * Unit in the last part of the process's path in systemd's own hierarchy (cgroups(7), /proc/[pid]/cgroup): `0::` of cgroup v2, or
 * `name=systemd` of v1. Seen from another cgroup namespace the path starts with `/..`, and ends the same.
 */
export function serviceOf(cgroups: string): string | undefined {
  const line = /^(?:0:|\d+:name=systemd):(.*\.service)$/m.exec(cgroups);
  return line?.[1]?.split('/').at(-1);
}

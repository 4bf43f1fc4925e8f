/** Processes of the host, read from /proc; the installer's pod shares the host's process IDs (`hostPID`). */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';

const PROC = '/proc';

async function processIds(): Promise<readonly number[]> {
  return (await readdir(PROC)).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Content of a file about a process, or undefined if the process has ended. */
export async function aboutProcess(pid: number, file: string): Promise<string | undefined> {
  return readFile(join(PROC, String(pid), file), 'utf8').catch(() => undefined);
}

/**
 * Processes whose program is a file below `directory` (a path of this process).
 *
 * Files are identified by device and inode: /proc/PID/exe leads to the same file even if the process lives in another mount
 * namespace, has changed its root, or the file has been renamed, as a sandbox does; the link's target path would not match.
 */
export async function processesRunningFrom(directory: string): Promise<readonly number[]> {
  const programs = new Set<string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) programs.add(identity(await stat(join(entry.parentPath, entry.name))));
  }
  const pids = await processIds();
  const running = await Promise.all(
    pids.map(async (pid) => {
      const program = await stat(join(PROC, String(pid), 'exe')).catch(() => undefined);
      return program !== undefined && programs.has(identity(program));
    }),
  );
  return pids.filter((_, i) => running[i]);
}

function identity({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

/**
 * Process named `name` that listens on the Unix socket `socketFile` (a path of this process), which it bound as one of `boundAs`.
 *
 * The paths alone are not enough: another containerd on this computer, in a mount namespace of its own, binds the same path.
 * The path must lead to the same file in the mount namespace of the process.
 */
export async function listenerOn(
  socketFile: string,
  boundAs: readonly string[],
  name: string,
): Promise<number | undefined> {
  const socket = await stat(socketFile).catch(() => undefined);
  if (socket === undefined) return undefined;
  for (const pid of await processIds()) {
    if ((await aboutProcess(pid, 'comm'))?.trim() !== name) continue;
    const table = (await aboutProcess(pid, 'net/unix')) ?? '';
    for (const path of boundAs) {
      const inodes = listeningInodes(table, path);
      if (inodes.size === 0 || !(await holdsSocket(pid, inodes))) continue;
      const theirs = await stat(join(PROC, String(pid), 'root', path)).catch(() => undefined);
      if (theirs !== undefined && identity(theirs) === identity(socket)) return pid;
    }
  }
  return undefined;
}

/** Flag of a socket that accepts connections (include/uapi/linux/net.h, __SO_ACCEPTCON). */
const ACCEPTS_CONNECTIONS = 0x10000;

/** Columns of /proc/net/unix: Num RefCount Protocol Flags Type St Inode Path (proc_pid_net(5)). */
function listeningInodes(table: string, bound: string): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const line of table.split('\n').slice(1)) {
    const [, , , flags = '0', , , inode = '', path = ''] = line.trim().split(/\s+/);
    if (path === bound && (parseInt(flags, 16) & ACCEPTS_CONNECTIONS) !== 0) inodes.add(inode);
  }
  return inodes;
}

async function holdsSocket(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  const directory = join(PROC, String(pid), 'fd');
  const descriptors = await readdir(directory).catch(() => []);
  const targets = await Promise.all(
    descriptors.map((fd) => readlink(join(directory, fd)).catch(() => '')),
  );
  return targets.some((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));
}

/** Creates and removes the cgroups of nodes. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { join } from 'node:path';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { waitFor } from '../../base/wait-until';

/** A process leaves its cgroup when it is reaped, shortly after it ends. */
const REMOVE_TIMEOUT_MILLISECONDS = 10_000;

/** Mount points of every cgroup hierarchy, version 1 and 2 (proc_pid_mounts(5)). */
export function cgroupHierarchies(mounts = readFileSync('/proc/self/mounts', 'utf8')): string[] {
  const rows = mounts.split('\n').map((line) => line.split(' '));
  const points = rows.flatMap(([, point = '', type = '']) =>
    /^cgroup2?$/.test(type) ? [point] : [],
  );
  return [...new Set(points)];
}

/** Leaf for the node's own processes: version 2 allows none beside child cgroups with controllers. */
const SYSTEM = 'system';

/**
 * Creates the cgroup `path` and puts process `pid`, the ancestor of all others of the node, into a leaf of it, so that
 * they do not belong to the terminal or the session. The kubelet, which keeps its pods below `path`, requires that it
 * exists and has every controller.
 * @throws SandboxError NODE_START_FAILED if a container's own processes prevent it
 */
export function createCgroup(
  path: string,
  pid: number,
  hierarchies: readonly string[] = cgroupHierarchies(),
): void {
  for (const hierarchy of hierarchies) {
    const leaf = join(hierarchy, path, SYSTEM);
    mkdirSync(leaf, { recursive: true });
    const names = join(path, SYSTEM).split('/').filter(Boolean);
    if (existsSync(join(hierarchy, 'cpuset.sched_load_balance'))) inheritCpuset(hierarchy, names);
    // Beside version 1 the hierarchy of version 2 is only for systemd and has no controllers that a kubelet uses.
    if (hierarchies.length === 1 && existsSync(join(hierarchy, 'cgroup.subtree_control'))) {
      passControllersOn(hierarchy, names.slice(0, -1));
    }
    writeFileSync(join(leaf, 'cgroup.procs'), String(pid));
  }
}

/** In version 1 a new cpuset has no CPU and no memory, and accepts no process until it does (cpuset(7)). */
function inheritCpuset(hierarchy: string, names: readonly string[]): void {
  names.reduce((parent, name) => {
    const folder = join(parent, name);
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      writeFileSync(join(folder, file), readFileSync(join(parent, file)));
    }
    return folder;
  }, hierarchy);
}

/**
 * In version 2 a cgroup has the controllers its parent passes on. Those that a container runtime would enable at the
 * top stay enabled afterwards, as with any container runtime.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#enabling-and-disabling
 */
function passControllersOn(hierarchy: string, names: readonly string[]): void {
  names.reduce((parent, name) => {
    const controllers = readFileSync(join(parent, 'cgroup.controllers'), 'utf8').split(/\s+/);
    const enable = controllers.filter(Boolean).map((controller) => `+${controller}`);
    try {
      writeFileSync(join(parent, 'cgroup.subtree_control'), enable.join(' '));
    } catch (error) {
      throw new SandboxError(LOCAL_ERRORS.NODE_START_FAILED, [
        {
          path: join(parent, 'cgroup.subtree_control'),
          reason: `the controllers ${controllers.join(' ').trim()} cannot be passed on (${(error as Error).message}); a cgroup that holds processes itself may not`,
          fix: 'in a container, share the cgroup namespace of the host (docker run --cgroupns=host)',
        },
      ]);
    }
    return join(parent, name);
  }, hierarchy);
}

/**
 * Removes the cgroup at `path` and all below it, deepest first, from every hierarchy that has it.
 * @throws SandboxError NODE_STOP_FAILED when processes stay in it
 */
export async function removeCgroup(path: string): Promise<void> {
  const folders = cgroupHierarchies().map((hierarchy) => join(hierarchy, path));
  const busy = await waitFor(
    () => {
      const left = folders.filter((folder) => !removeTree(folder));
      return left.length === 0 ? true : undefined;
    },
    { timeoutMilliseconds: REMOVE_TIMEOUT_MILLISECONDS },
  );
  if (busy !== undefined) return;
  throw new SandboxError(LOCAL_ERRORS.NODE_STOP_FAILED, [
    {
      path: `cgroup ${path}`,
      reason: 'it could not be removed, because processes are still in it',
      fix: `find them with "find /sys/fs/cgroup -path '*${path}*' -name cgroup.procs -exec cat {} +"`,
    },
  ]);
}

/** Whether `folder` no longer exists. */
function removeTree(folder: string): boolean {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  const children = entries.filter((entry) => entry.isDirectory());
  const removed = children.map((entry) => removeTree(join(folder, entry.name)));
  if (removed.includes(false)) return false;
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

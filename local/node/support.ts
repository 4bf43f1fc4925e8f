/** Whether this computer can run nodes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statfsSync } from 'node:fs';
import type { Problem } from '../../base/errors';
import { cacheRoot } from '../paths';
import { cgroupHierarchies } from './cgroups';
import { findInstalledProgram, missingPrograms } from './packages';

/** statfs(2), `f_type`. */
const OVERLAYFS_MAGIC = 0x794c7630;

/** Programs of util-linux and iproute2 that build a node, and the Debian package of each. */
const BUILDERS: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  pivot_root: 'util-linux',
  mount: 'mount',
  umount: 'mount',
  ip: 'iproute2',
};

export type NodeSupport =
  { readonly supported: true } | { readonly supported: false; readonly reasons: readonly string[] };

/** Whether nodes can run on this computer, or every reason why not, each with its fix. */
export function nodeSupport(): NodeSupport {
  const reasons = supportProblems().map(({ path, reason, fix }) => `${path}: ${reason}; ${fix}`);
  return reasons.length === 0 ? { supported: true } : { supported: false, reasons };
}

/** The problems that prevent nodes from running here; empty if none does. */
export function supportProblems(): readonly Problem[] {
  if (process.platform !== 'linux') {
    return [
      { path: 'platform', reason: `${process.platform} has no namespaces`, fix: 'use Linux' },
    ];
  }
  if (process.getuid?.() !== 0) {
    return [{ path: 'user', reason: 'namespaces and mounts need root', fix: 'run this as root' }];
  }
  return [...programProblems(), ...kernelProblems(), ...diskProblems()];
}

function programProblems(): Problem[] {
  const builders = Object.entries(BUILDERS).flatMap(([name, debianPackage]) =>
    findInstalledProgram(name) === undefined ? [{ name, debianPackage }] : [],
  );
  return [...builders, ...missingPrograms()].map(({ name, debianPackage }) => ({
    path: name,
    reason: 'it is not installed',
    fix: `install it (Debian, Ubuntu: apt-get install ${debianPackage})`,
  }));
}

function kernelProblems(): Problem[] {
  const problems: Problem[] = [];
  if (!/\toverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) {
    problems.push({
      path: 'kernel',
      reason: 'overlayfs is not available',
      fix: 'load it with "modprobe overlay"',
    });
  }
  if (cgroupHierarchies().length === 0) {
    problems.push({
      path: 'cgroups',
      reason: 'no hierarchy is mounted',
      fix: 'mount cgroup2 on /sys/fs/cgroup',
    });
  }
  const namespaces = ['--mount', '--net', '--pid', '--uts', '--ipc', '--fork'];
  const tried = spawnSync('unshare', [...namespaces, 'true'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (tried.status !== 0 && tried.error === undefined) {
    problems.push({
      path: 'namespaces',
      reason: `they cannot be created: ${tried.stderr.trim()}`,
      fix: 'in a container, run it with --privileged',
    });
  }
  return problems;
}

/** Images and the node's root are overlays with their changes in the cache, and overlays cannot be nested. */
function diskProblems(): Problem[] {
  const root = cacheRoot();
  mkdirSync(root, { recursive: true });
  if (statfsSync(root).type !== OVERLAYFS_MAGIC) return [];
  const fix = 'set SECURE_AI_CACHE to a folder on ext4, xfs or btrfs (in a container: a volume)';
  return [{ path: root, reason: 'it is on overlayfs, which cannot hold overlays', fix }];
}

/** Reads the facts of a host below a directory: `/`, or the mount point in a container. Changes nothing and loads no module. */
import { constants } from 'node:fs';
import { access, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../base/errors';
import { NODE_CHECK_ERRORS } from './errors';
import { CONTAINERD_SOCKETS } from '../base/names';
import {
  MODULES,
  type ContainerdState,
  type DeviceState,
  type HostFacts,
  type KernelModule,
  type ModuleState,
} from './facts';

export interface ReadHostOptions {
  /** Directory that is the host's root. */
  readonly root: string;
  /** As `process.arch`. */
  readonly architecture: string;
  /** containerd's socket on the host. @default the first existing one of the distributions' sockets */
  readonly socket?: string | undefined;
  /** Asks the containerd behind a socket for its version, such as `v2.3.7`. Must time out by itself. */
  readonly containerdVersion: (socket: string) => Promise<string>;
}

/**
 * Nothing here can hang: files of /proc and /dev are only opened, without an ioctl (one of /dev/kvm may not return
 * on a host whose virtualization is broken), and only after `stat` has shown their type.
 *
 * @throws SandboxError HOST_UNREADABLE if `root` is not the root of a Linux host
 */
export async function readHost(options: ReadHostOptions): Promise<HostFacts> {
  const { root, architecture } = options;
  const kernelRelease = (await readRequired(root, 'proc/sys/kernel/osrelease')).trim();
  const cpuInfo = await readRequired(root, 'proc/cpuinfo');
  return {
    architecture,
    kernelRelease,
    cpuFlags: flagsOf(cpuInfo),
    kvm: await device(join(root, 'dev/kvm')),
    modules: await modules(root, kernelRelease),
    containerd: await containerd(options),
  };
}

async function readRequired(root: string, path: string): Promise<string> {
  try {
    return await readFile(join(root, path), 'utf8');
  } catch (cause) {
    throw new SandboxError(
      NODE_CHECK_ERRORS.HOST_UNREADABLE,
      [
        {
          path: join(root, path),
          reason: `cannot be read (${codeOf(cause)})`,
          fix: 'run this on the Linux host, or name the directory that is its root with --host-root',
        },
      ],
      { cause },
    );
  }
}

/** Only x86 has a line of this name with these words (kernel arch/x86/kernel/cpu/proc.c). */
function flagsOf(cpuInfo: string): ReadonlySet<string> {
  const [, flags = ''] = /^flags\s*:(.*)$/m.exec(cpuInfo) ?? [];
  return new Set(flags.split(' ').filter((flag) => flag !== ''));
}

async function device(path: string): Promise<DeviceState> {
  try {
    if (!(await stat(path)).isCharacterDevice())
      return { state: 'unusable', reason: 'it is not a character device' };
    const file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
    await file.close();
    return { state: 'usable' };
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? { state: 'absent' } : { state: 'unusable', reason: code };
  }
}

async function modules(
  root: string,
  kernelRelease: string,
): Promise<Record<KernelModule, ModuleState>> {
  const inUse = new Set(await readdir(join(root, 'sys/module')).catch(() => []));
  // On a mounted host, an absolute link /lib -> /usr/lib leads back to the container.
  const folders = ['lib', 'usr/lib'].map((lib) => join(root, lib, 'modules', kernelRelease));
  const builtin = await modulesListed(folders, 'modules.builtin');
  const loadable = await modulesListed(folders, 'modules.dep');
  const state = (name: KernelModule): ModuleState => {
    if (inUse.has(name) || builtin.has(name)) return 'present';
    return loadable.has(name) ? 'loadable' : 'absent';
  };
  return Object.fromEntries(MODULES.map((name) => [name, state(name)])) as Record<
    KernelModule,
    ModuleState
  >;
}

/** Names in a list of kmod (modules.builtin, modules.dep): one path a line, `-` and `_` meaning the same. */
async function modulesListed(folders: readonly string[], file: string): Promise<Set<string>> {
  const lists = await Promise.all(
    folders.map((folder) => readFile(join(folder, file), 'utf8').catch(() => '')),
  );
  const names = lists
    .join('\n')
    .split('\n')
    .map((line) => /([^/:]+)\.ko(\.\w+)?(:|$)/.exec(line)?.[1] ?? '');
  return new Set(names.map((name) => name.replaceAll('-', '_')));
}

async function containerd(options: ReadHostOptions): Promise<ContainerdState> {
  const { root, containerdVersion } = options;
  const candidates =
    options.socket === undefined ? Object.values(CONTAINERD_SOCKETS) : [options.socket];
  const socket = await firstThere(root, candidates);
  if (socket === undefined) return { state: 'absent' };
  try {
    return { state: 'answers', socket, version: await containerdVersion(join(root, socket)) };
  } catch (error) {
    return { state: 'silent', socket, reason: (error as Error).message };
  }
}

async function firstThere(root: string, sockets: readonly string[]): Promise<string | undefined> {
  for (const socket of sockets) {
    const there = await access(join(root, socket)).then(
      () => true,
      () => false,
    );
    if (there) return socket;
  }
  return undefined;
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code ?? String(error);
}

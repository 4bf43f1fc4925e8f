/**
 * Installing, as a list of steps. Every step inspects the host and does only what is missing, so that the list can run
 * again from its start after a kill at any moment, and ends in the same state. What exists shows what was done: complete
 * directories have their final names, files are replaced atomically, and containerd itself reports whether it needs a restart.
 */
import { dirname, join } from 'node:path';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import { findConfig, unwire, wire } from '../containerd/host-config';
import {
  handlerTaken,
  planWiring,
  shimConfig,
  SHIM_CONFIG,
  type Wiring,
} from '../containerd/wiring';
import { unknown } from '../containerd/config';
import { draftOf, makeDirectories, removeTree, replaceFile, replaceLink } from '../host/files';
import { INSTALL_DIRECTORY, isPublished, PATHS, publishedDirectory } from '../host/layout';
import { readRecord } from '../host/record';
import { download } from '../release/download';
import { unpack } from '../release/unpack';
import type { Host, Wanted } from './installation';
import { isOurs, liveHandlers, makeLive } from './live';

/** @throws SandboxError with a code `GVISOR_…` of the catalogue */
export interface InstallStep {
  readonly name: string;
  readonly run: (host: Host, wanted: Wanted, stopped: AbortSignal) => Promise<void>;
}

const isThere = async ({ disk }: Host, { id }: Wanted) =>
  (await disk.entry(publishedDirectory(id))) !== undefined;

export const INSTALL_STEPS: readonly InstallStep[] = [
  {
    // Fails before any change if the installation cannot succeed.
    name: 'check',
    async run(host, wanted, stopped) {
      const { dropIn, config } = await plan(host, wanted, stopped);
      const shim = (await liveHandlers(host, stopped)).get(wanted.handler);
      if (shim !== undefined && !isOurs(shim)) throw handlerTaken('containerd', wanted.handler);
      await refuseRejected(host, wanted);
      const changed = [INSTALL_DIRECTORY, dropIn?.path, config && dirname(config.path)];
      for (const path of changed) if (path !== undefined) await host.disk.assertWritable(path);
      if (!(await isThere(host, wanted))) await refuseFullDisk(host, wanted);
    },
  },
  {
    name: 'download',
    async run(host, wanted, stopped) {
      if (await isThere(host, wanted)) return;
      await makeDirectories(host.disk, PATHS.downloads);
      for (const file of wanted.release.files) await download(host.disk, file, stopped);
    },
  },
  {
    name: 'unpack',
    async run(host, wanted) {
      if (await isThere(host, wanted)) return;
      await unpack(host.disk, wanted.release);
      const text = shimConfig(wanted.id, wanted.runscConfig);
      await host.disk.write(join(PATHS.tree, SHIM_CONFIG), text, 0o644);
    },
  },
  {
    name: 'publish',
    async run(host, wanted) {
      if (await isThere(host, wanted)) return;
      await host.disk.rename(PATHS.tree, publishedDirectory(wanted.id));
    },
  },
  {
    name: 'wire',
    async run(host, wanted, stopped) {
      await wire(host.disk, host.config, await plan(host, wanted, stopped));
    },
  },
  {
    // If containerd rejects the handler, its configuration is restored, or the node would be lost.
    name: 'restart',
    async run(host, wanted, stopped) {
      try {
        await makeLive(host, wanted, stopped);
      } catch (error) {
        if (!stopped.aborted) await rollBack(host, wanted, stopped);
        throw error;
      }
    },
  },
  {
    name: 'link',
    async run({ disk }, { id }) {
      if ((await disk.readLink(PATHS.current)) !== id) await replaceLink(disk, PATHS.current, id);
    },
  },
  {
    // Sandboxes keep the programs they were started with; a version is removed when the last of them has ended.
    name: 'collect',
    async run(host, wanted) {
      await removeTree(host.disk, PATHS.staging);
      for (const path of await drafts(host)) await host.disk.removeFile(path);
      for (const { path, pids } of await installations(host))
        if (path !== publishedDirectory(wanted.id) && pids.length === 0) await discard(host, path);
    },
  },
];

/** Every installation on the host, and the processes that run from it. */
export async function installations({
  disk,
  runningFrom,
}: Host): Promise<readonly { readonly path: string; readonly pids: readonly number[] }[]> {
  const ids = (await disk.list(INSTALL_DIRECTORY)).filter(isPublished);
  return Promise.all(
    ids.map(publishedDirectory).map(async (path) => ({ path, pids: await runningFrom(path) })),
  );
}

/** Renamed first: a partially removed directory must not have the name of a complete one. */
export async function discard({ disk }: Host, path: string): Promise<void> {
  await removeTree(disk, PATHS.trash);
  await makeDirectories(disk, PATHS.staging);
  await disk.rename(path, PATHS.trash);
  await removeTree(disk, PATHS.staging);
}

/** Files that a kill may have left incomplete. */
export async function drafts({ disk, config }: Host): Promise<readonly string[]> {
  const { dropIns } = await readRecord(disk);
  return [PATHS.current, PATHS.record, PATHS.backup, PATHS.rejected, config.path, ...dropIns].map(
    draftOf,
  );
}

async function plan(host: Host, { handler, id }: Wanted, stopped: AbortSignal): Promise<Wiring> {
  await liveHandlers(host, stopped);
  const { name, version } = await host.cri.version();
  const major = /^v?([12])\./.exec(version)?.[1];
  if (name !== 'containerd' || major === undefined) {
    throw unknown(
      `${name} ${version}`,
      'is not a container runtime that this installer supports',
      'use nodes with containerd 1.7 or 2',
    );
  }
  return planWiring(await findConfig(host.disk, host.config, major === '1' ? 1 : 2), handler, id);
}

async function refuseFullDisk({ disk }: Host, { minimumFreeBytes }: Wanted): Promise<void> {
  const free = await disk.freeBytes(INSTALL_DIRECTORY);
  if (free >= minimumFreeBytes) return;
  const mebibytes = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MiB`;
  throw new SandboxError(INSTALLER_ERRORS.GVISOR_DISK_FULL, [
    {
      path: INSTALL_DIRECTORY,
      reason: `${mebibytes(free)} are free, and an installation needs ${mebibytes(minimumFreeBytes)}`,
      fix: 'free space on the file system of this path; the installer then continues by itself',
    },
  ]);
}

async function rollBack(host: Host, { id }: Wanted, stopped: AbortSignal): Promise<void> {
  await replaceFile(host.disk, PATHS.rejected, id, 0o600);
  await unwire(host.disk, host.config);
  await host.restart(stopped).catch(() => undefined); // The reason is thrown already.
}

/** Without this, containerd on the node would be restarted repeatedly without effect. */
async function refuseRejected(host: Host, { id }: Wanted): Promise<void> {
  if ((await host.disk.read(PATHS.rejected)) !== id) return;
  await unwire(host.disk, host.config);
  throw new SandboxError(INSTALLER_ERRORS.GVISOR_WIRING_REJECTED, [
    {
      path: PATHS.rejected,
      reason: `containerd rejected the handler of ${id}, and its configuration was restored`,
      fix: 'find the reason in the log of that attempt, then remove this file, or install another version',
    },
  ]);
}

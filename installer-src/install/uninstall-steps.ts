/** Uninstalling, as a list of steps that can run again from its start after a kill, like installing. */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import { unwire } from '../containerd/host-config';
import { removeTree } from '../host/files';
import { INSTALL_DIRECTORY, PATHS } from '../host/layout';
import type { Host } from './installation';
import { unloadHandler } from './live';
import { discard, drafts, installations } from './steps';

/** @throws SandboxError with a code `GVISOR_…` of the catalogue */
export interface UninstallStep {
  readonly name: string;
  /** @param drainMs how long sandboxes may take to end */
  readonly run: (host: Host, drainMs: number, stopped: AbortSignal) => Promise<void>;
}

const POLL_MS = 1_000;

export const UNINSTALL_STEPS: readonly UninstallStep[] = [
  {
    // Before any change: running sandboxes keep everything they need on the node.
    name: 'wait for sandboxes',
    async run(host, drainMs, stopped) {
      const deadlineMs = Date.now() + drainMs;
      for (;;) {
        const used = (await installations(host)).filter(({ pids }) => pids.length > 0);
        const [first] = used;
        if (first === undefined) return;
        if (stopped.aborted || Date.now() >= deadlineMs)
          throw inUse(first.path, first.pids.length, drainMs);
        await sleep(POLL_MS, undefined, { signal: stopped }).catch(() => undefined);
      }
    },
  },
  {
    name: 'unwire',
    run: ({ disk, config }) => unwire(disk, config),
  },
  {
    name: 'restart',
    run: (host, _drainMs, stopped) => unloadHandler(host, stopped),
  },
  {
    name: 'remove installations',
    async run(host) {
      await host.disk.removeFile(PATHS.current);
      for (const { path } of await installations(host)) await discard(host, path);
    },
  },
  {
    // The record comes last: it lists what is still to do.
    name: 'remove the rest',
    async run(host) {
      const { disk } = host;
      for (const path of await drafts(host)) await disk.removeFile(path);
      await removeTree(disk, PATHS.staging);
      for (const path of [PATHS.rejected, PATHS.backup, PATHS.record]) await disk.removeFile(path);
      for (const path of [INSTALL_DIRECTORY, dirname(INSTALL_DIRECTORY)])
        if ((await disk.list(path)).length === 0) await disk.removeEmptyDirectory(path);
    },
  },
];

function inUse(path: string, count: number, drainMs: number): SandboxError {
  const running =
    count === 1 ? '1 process of a sandbox still runs' : `${count} processes of sandboxes still run`;
  const waited = drainMs === 0 ? '' : ` after ${drainMs / 1000} s`;
  return new SandboxError(INSTALLER_ERRORS.GVISOR_IN_USE, [
    {
      path,
      reason: `${running} from it${waited}, so nothing was removed`,
      fix: 'delete the pods with this runtime from the node, then uninstall again',
    },
  ]);
}

/**
 * A process that installs or uninstalls and kills itself with SIGKILL at a given change of the host: before it, or half-way through
 * where the change is a write. The steps and the disk are the installer's own; only the runtime is a file that says which handlers
 * it has. Without a kill it prints how many changes there were and which of them are writes.
 *
 * `killed-main.ts` is the program; its one argument is JSON of `KilledRun`.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostDisk, type Disk } from '../../../installer-src/host/disk';
import type { Host, Wanted } from '../../../installer-src/install/installation';
import { INSTALL_STEPS } from '../../../installer-src/install/steps';
import { UNINSTALL_STEPS } from '../../../installer-src/install/uninstall-steps';
import { configuredHandlers } from './toml-runtime';

export interface KilledRun {
  readonly root: string;
  /** File that holds the handlers of the running runtime. */
  readonly live: string;
  readonly containerdVersion: string;
  /** Undefined: uninstall. */
  readonly wanted: Wanted | undefined;
  /** 1 is the first change; undefined: no kill. */
  readonly killAt: { readonly change: number; readonly half: boolean } | undefined;
}

export interface Changes {
  readonly count: number;
  /** Numbers of those that can be killed half-way. */
  readonly writes: readonly number[];
}

const CONFIG = '/etc/containerd/config.toml';

export async function run({
  root,
  live,
  containerdVersion,
  wanted,
  killAt,
}: KilledRun): Promise<Changes> {
  let count = 0;
  const writes: number[] = [];
  const change = () => {
    count += 1;
    if (killAt?.change === count && !killAt.half) process.kill(process.pid, 'SIGKILL');
  };
  const real = hostDisk(root);
  const disk: Disk = {
    ...real,
    async write(path, content, mode) {
      change();
      writes.push(count);
      if (killAt?.change !== count) return real.write(path, content, mode);
      const whole = await bytesOf(content);
      await real.write(path, whole.subarray(0, whole.length / 2).toString('latin1'), mode);
      process.kill(process.pid, 'SIGKILL');
    },
    rename: (from, to) => (change(), real.rename(from, to)),
    symlink: (target, path) => (change(), real.symlink(target, path)),
    makeDirectory: (path) => (change(), real.makeDirectory(path)),
    removeFile: (path) => (change(), real.removeFile(path)),
    removeEmptyDirectory: (path) => (change(), real.removeEmptyDirectory(path)),
  };
  const host: Host = {
    disk,
    config: { path: CONFIG, generated: false },
    cri: {
      version: () => Promise.resolve({ name: 'containerd', version: containerdVersion }),
      handlers: () =>
        Promise.resolve(
          new Map(Object.entries(JSON.parse(readFileSync(live, 'utf8')) as Record<string, string>)),
        ),
    },
    restart() {
      change();
      writeFileSync(`${live}.new`, JSON.stringify(configuredHandlers(root, CONFIG)));
      renameSync(`${live}.new`, live);
      return Promise.resolve();
    },
    patienceMs: 1_000,
    runningFrom: () => Promise.resolve([]),
  };
  const never = new AbortController().signal;
  if (wanted === undefined) for (const step of UNINSTALL_STEPS) await step.run(host, 0, never);
  else for (const step of INSTALL_STEPS) await step.run(host, wanted, never);
  return { count, writes };
}

async function bytesOf(content: string | AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (typeof content === 'string') return Buffer.from(content);
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

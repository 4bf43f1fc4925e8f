/** Flags of `install` and `uninstall`, and what they come to. */
import { join } from 'node:path';
import { connectCri } from '../containerd/cri';
import { restartContainerd } from '../containerd/restart';
import { hostDisk } from '../host/disk';
import { processesRunningFrom } from '../host/processes';
import {
  digestsFlag,
  installationId,
  releaseFor,
  runscConfigFlag,
  sourceFlag,
  versionFlag,
} from '../release/release';
import { secondsFlag, type FlagKind, type Flags } from '../../programs/flags';
import type { Host, Wanted } from './installation';

const pathFlag: FlagKind<string> = {
  expects: 'an absolute path',
  read: (text) => (text.startsWith('/') ? text : undefined),
};

const handlerFlag: FlagKind<string> = {
  expects: 'a DNS label',
  read: (text) => (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? text : undefined),
};

const mebibytesFlag: FlagKind<number> = {
  expects: 'a whole number of MiB',
  read: (text) => (/^\d{1,8}$/.test(text) ? Number(text) * 1024 * 1024 : undefined),
};

/** Where the host is. */
export const HOST_FLAGS = {
  'host-root': { kind: pathFlag, otherwise: '/host' },
  'containerd-config': { kind: pathFlag, otherwise: '/etc/containerd/config.toml' },
  'generated-config': 'switch',
  'containerd-socket': { kind: pathFlag, otherwise: '/run/containerd/containerd.sock' },
  'restart-seconds': { kind: secondsFlag(1), otherwise: 120_000 },
} as const;

/** What is to be on it. */
export const WANTED_FLAGS = {
  source: {
    kind: sourceFlag,
    otherwise: 'https://storage.googleapis.com/gvisor/releases/release',
  },
  version: { kind: versionFlag },
  sha512: { kind: digestsFlag },
  handler: { kind: handlerFlag, otherwise: 'runsc' },
  'runsc-config': { kind: runscConfigFlag, otherwise: { platform: 'systrap' } },
  'min-free-mib': { kind: mebibytesFlag, otherwise: 1024 * 1024 * 1024 },
} as const;

/** Directories of the messages between the two containers: `install` writes into the first, `label` into the second. */
export const EXCHANGE_FLAGS = {
  'status-dir': { kind: pathFlag, otherwise: '/status' },
  'farewell-dir': { kind: pathFlag, otherwise: '/farewell' },
} as const;

export function hostOf(flags: Flags<typeof HOST_FLAGS>): Host {
  const root = flags['host-root'];
  const socket = flags['containerd-socket'];
  return {
    disk: hostDisk(root),
    config: { path: flags['containerd-config'], generated: flags['generated-config'] },
    cri: connectCri(join(root, socket)),
    restart: restartContainerd(root, socket, flags['restart-seconds']),
    patienceMs: flags['restart-seconds'],
    runningFrom: (path) => processesRunningFrom(join(root, path)),
  };
}

/** @throws SandboxError `GVISOR_ARCH_UNSUPPORTED` */
export function wantedOf(flags: Flags<typeof WANTED_FLAGS>): Wanted {
  const { source, version, sha512: digests, handler } = flags;
  const release = releaseFor(process.arch, { source, version, digests });
  const runscConfig = flags['runsc-config'];
  return {
    release,
    id: installationId(release, runscConfig),
    handler,
    runscConfig,
    minimumFreeBytes: flags['min-free-mib'],
  };
}

/** The input of a pass, from the flags. */
import { join } from 'node:path';
import type { Flags } from '../../programs/flags';
import { connectCri, type Cri } from '../containerd/cri';
import type { ConfigSite } from '../containerd/host-config';
import { restartContainerd, type Restart } from '../containerd/restart';
import { hostDisk, type Disk } from '../host/disk';
import { processesRunningFrom } from '../host/processes';
import { installationId, releaseFor, type Release } from '../release/release';
import type { HOST_FLAGS, INSTALLATION_FLAGS } from './flags';

/** What to install. */
export interface Wanted {
  readonly release: Release;
  /** Name of its directory, `installationId` of the release and the flags. */
  readonly id: string;
  /** Name of the handler in containerd's configuration, and so in RuntimeClasses. */
  readonly handler: string;
  readonly runscConfig: Readonly<Record<string, string>>;
  /** Disk space that must be free before a download starts. */
  readonly minimumFreeBytes: number;
}

/** Where to install it. */
export interface Host {
  readonly disk: Disk;
  readonly config: ConfigSite;
  readonly cri: Cri;
  readonly restart: Restart;
  /** Time limit for containerd to answer, also after a restart. */
  readonly patienceMs: number;
  /** Processes whose program lies below the host's directory `path`. */
  readonly runningFrom: (path: string) => Promise<readonly number[]>;
}

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
export function wantedOf(flags: Flags<typeof INSTALLATION_FLAGS>): Wanted {
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

/** What one pass works on. */
import type { Cri } from '../containerd/cri';
import type { ConfigSite } from '../containerd/host-config';
import type { Restart } from '../containerd/restart';
import type { Disk } from '../host/disk';
import type { Release } from '../release/release';

/** What is to be on the host. */
export interface Wanted {
  readonly release: Release;
  /** Name of its directory, `installationId` of the release and the flags. */
  readonly id: string;
  /** Name of the handler in containerd's configuration, and so in RuntimeClasses. */
  readonly handler: string;
  readonly runscConfig: Readonly<Record<string, string>>;
  /** Space that has to be free before a download starts. */
  readonly minimumFreeBytes: number;
}

/** The host it is to be on. */
export interface Host {
  readonly disk: Disk;
  readonly config: ConfigSite;
  readonly cri: Cri;
  readonly restart: Restart;
  /** How long containerd may take to answer, or to come back. */
  readonly patienceMs: number;
  /** Processes whose program lies below the host's directory `path`. */
  readonly runningFrom: (path: string) => Promise<readonly number[]>;
}

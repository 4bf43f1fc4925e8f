/** Everything that may be wrong with a host or a release, and what it takes to make it so. */
import { CONFIGS, type HostFiles } from './hosts';
import type { Runtime } from './machine';
import { ARCH, bzip2, programs, releaseOf, tarballRelease, type MadeRelease } from './releases';

export interface Fault {
  readonly title: string;
  /** Code of the catalogue, or undefined where the installer puts up with it. */
  readonly code: string | undefined;
  readonly files?: HostFiles;
  /** Null: none runs. */
  readonly runtime?: Runtime | null;
  readonly release?: () => Promise<MadeRelease>;
  /** What the server has, where that is not what was announced. */
  readonly served?: ReadonlyMap<string, Buffer>;
  /** `CLOSED` stands for a source that nothing listens at. */
  readonly flags?: readonly string[];
  /** Shell commands in a mount namespace of its own, before the installer, in the host's root. */
  readonly mounts?: string;
  /** Paths at the end that were not there before, or differ: patterns. Everything else has to be as it was. */
  readonly leaves: readonly RegExp[];
  /** A second run, without the fault, ends well. */
  readonly heals?: boolean;
}

const STAGING = /^\/opt\/secure-ai(\/gvisor(\/staging(\/.*)?)?)?$/;
const OURS = /^\/opt\/secure-ai(\/.*)?$/;
const VERSION = '20260914.0';

const ordinary = () => tarballRelease(VERSION, programs('ordinary'));
const archive = (entries: Parameters<typeof tarballRelease>[1]) => () =>
  tarballRelease(VERSION, [...programs('ordinary'), ...entries]);
const config = (text: string): HostFiles => ({ '/etc/containerd/config.toml': text });

/** 4 MiB that do not compress, the same on every computer. */
function noise(): string {
  let state = 1;
  return Buffer.from(
    Uint32Array.from({ length: 1 << 20 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state ^ (state >>> 13);
    }).buffer,
  ).toString('latin1');
}

export const FAULTS: readonly Fault[] = [
  {
    title: 'no digest for the architecture of the node',
    code: 'GVISOR_ARCH_UNSUPPORTED',
    release: async () => {
      const made = await ordinary();
      const other = ARCH === 'x86_64' ? 'aarch64' : 'x86_64';
      return { ...made, sha512: made.sha512.replace(ARCH, other) };
    },
    leaves: [],
    heals: true,
  },
  {
    title: 'the disk is too full to begin',
    code: 'GVISOR_DISK_FULL',
    mounts: 'mount -t tmpfs -o size=8m,mode=755 tmpfs opt',
    flags: ['--min-free-mib=64'],
    leaves: [],
    heals: true,
  },
  {
    title: 'the disk becomes full during the download',
    code: 'GVISOR_DISK_FULL',
    release: archive([{ name: 'gvisor-bin/large', content: noise() }]),
    mounts: 'mount -t tmpfs -o size=1m,mode=755 tmpfs opt',
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the disk becomes full while unpacking',
    code: 'GVISOR_DISK_FULL',
    release: archive([{ name: 'gvisor-bin/large', content: '\0'.repeat(4 << 20) }]),
    mounts: 'mount -t tmpfs -o size=1m,mode=755 tmpfs opt',
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the file is not the one announced',
    code: 'GVISOR_DIGEST_MISMATCH',
    served: new Map([[`${VERSION}/${ARCH}/gvisor.tar.bz2`, Buffer.from('something else')]]),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the source does not have the release',
    code: 'GVISOR_DOWNLOAD_FAILED',
    served: new Map(),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the source cannot be reached',
    code: 'GVISOR_DOWNLOAD_FAILED',
    flags: ['--source=CLOSED'],
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the archive is not compressed with bzip2',
    code: 'GVISOR_RELEASE_INVALID',
    release: () =>
      Promise.resolve(releaseOf(VERSION, { 'gvisor.tar.bz2': Buffer.from('plain text') })),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the archive ends too early',
    code: 'GVISOR_RELEASE_INVALID',
    release: () => {
      const whole = bzip2(Buffer.from(noise(), 'latin1'));
      return Promise.resolve(
        releaseOf(VERSION, { 'gvisor.tar.bz2': whole.subarray(0, whole.length / 2) }),
      );
    },
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the archive writes outside of its directory',
    code: 'GVISOR_RELEASE_INVALID',
    release: archive([{ name: '../../../etc/cron.d/evil', content: '* * * * * root true' }]),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the archive links to outside of its directory',
    code: 'GVISOR_RELEASE_INVALID',
    release: archive([{ name: 'gvisor-bin/evil', type: 'symlink', linkname: '/etc' }]),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the archive has a device',
    code: 'GVISOR_RELEASE_INVALID',
    release: archive([{ name: 'gvisor-bin/disk', type: 'block-device', devmajor: 8, devminor: 0 }]),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the archive has no shim',
    code: 'GVISOR_RELEASE_INVALID',
    release: () => tarballRelease(VERSION, [{ name: 'runsc', content: 'runsc' }]),
    leaves: [STAGING],
    heals: true,
  },
  {
    title: 'the host is read-only',
    code: 'GVISOR_HOST_READ_ONLY',
    mounts: 'mount --bind opt opt; mount -o remount,bind,ro opt',
    leaves: [],
    heals: true,
  },
  {
    title: "the directory of containerd's configuration is read-only",
    code: 'GVISOR_HOST_READ_ONLY',
    mounts: 'mount --bind etc etc; mount -o remount,bind,ro etc',
    leaves: [],
    heals: true,
  },
  {
    title: 'the runtime is not containerd',
    code: 'GVISOR_CONTAINERD_UNKNOWN',
    runtime: { name: 'cri-o', version: '1.36.0' },
    leaves: [],
  },
  {
    title: "containerd's configuration has no version",
    code: 'GVISOR_CONTAINERD_UNKNOWN',
    files: config('disabled_plugins = []\n'),
    leaves: [],
  },
  {
    title: "containerd's configuration has a version of the future",
    code: 'GVISOR_CONTAINERD_UNKNOWN',
    files: config('version = 5\n'),
    leaves: [],
  },
  {
    title: "containerd's configuration is damaged",
    code: 'GVISOR_CONTAINERD_UNKNOWN',
    files: config('version = 3\nimports = [\n'),
    runtime: { config: '/none' },
    leaves: [],
  },
  {
    title: 'the configuration is generated and imports nothing',
    code: 'GVISOR_CONTAINERD_UNKNOWN',
    files: config('version = 3\n'),
    flags: ['--generated-config'],
    leaves: [],
  },
  {
    title: 'the handler is configured already',
    code: 'GVISOR_HANDLER_TAKEN',
    files: config(
      `version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc]\nruntime_type = "io.containerd.runsc.v1"\n`,
    ),
    leaves: [],
  },
  {
    title: 'the handler exists, and its definition is not visible',
    code: 'GVISOR_HANDLER_TAKEN',
    files: {
      ...config('version = 3\n'),
      '/usr/elsewhere.toml': `[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc]\nruntime_path = "/usr/bin/shim"\n`,
    },
    runtime: { config: '/usr/elsewhere.toml' },
    leaves: [],
  },
  {
    title: 'containerd is not running',
    code: 'GVISOR_CONTAINERD_DOWN',
    runtime: null,
    flags: ['--restart-seconds=1'],
    leaves: [],
  },
  {
    title: 'containerd does not restart',
    code: 'GVISOR_CONTAINERD_DOWN',
    runtime: { restarts: 0 },
    flags: ['--restart-seconds=1'],
    leaves: [OURS],
  },
  {
    title: 'containerd reads another configuration',
    code: 'GVISOR_HANDLER_NOT_LIVE',
    runtime: { config: '/none' },
    leaves: [OURS],
  },
  {
    title: 'the same again, in the next pass',
    code: 'GVISOR_WIRING_REJECTED',
    files: {
      ...CONFIGS['version 3 with drop-ins'],
      '/opt/secure-ai/gvisor/rejected': 'ID',
    },
    leaves: [],
  },
];

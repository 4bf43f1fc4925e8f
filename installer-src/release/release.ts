/** Which files make up a release for this node, their URLs and their digests. */
import { createHash } from 'node:crypto';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';

export const RUNSC = 'runsc';
export const SHIM = 'containerd-shim-runsc-v1';
export const TARBALL = 'gvisor.tar.bz2';

export interface ReleaseFile {
  readonly name: string;
  readonly url: string;
  /** In lower-case hexadecimal. */
  readonly sha512: string;
}

export interface Release {
  readonly version: string;
  /** One tarball, or the two separate programs, as gVisor published them up to 20260817.0. */
  readonly files: readonly ReleaseFile[];
}

export interface ReleaseSource {
  /** URL up to and without the version, as in https://storage.googleapis.com/gvisor/releases/release. */
  readonly source: string;
  readonly version: string;
  /** SHA-512 by path below the version: `x86_64/gvisor.tar.bz2`, or `x86_64/runsc` and `x86_64/containerd-shim-runsc-v1`. */
  readonly digests: ReadonlyMap<string, string>;
}

/** gVisor's names of architectures, by Node's (gvisor.dev/docs/user_guide/install: `ARCH=$(uname -m)`). */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x64', 'x86_64'],
  ['arm64', 'aarch64'],
]);

/** @throws SandboxError `GVISOR_ARCH_UNSUPPORTED` if the digests name no release for `arch` (as `process.arch` has it) */
export function releaseFor(arch: string, { source, version, digests }: ReleaseSource): Release {
  const folder = ARCHITECTURES.get(arch);
  const fileOf = (name: string): ReleaseFile | undefined => {
    const sha512 = digests.get(`${folder}/${name}`);
    return sha512 === undefined
      ? undefined
      : { name, url: `${source}/${version}/${folder}/${name}`, sha512 };
  };
  const tarball = fileOf(TARBALL);
  if (tarball !== undefined) return { version, files: [tarball] };
  const runsc = fileOf(RUNSC);
  const shim = fileOf(SHIM);
  if (runsc !== undefined && shim !== undefined) return { version, files: [runsc, shim] };
  throw new SandboxError(INSTALLER_ERRORS.GVISOR_ARCH_UNSUPPORTED, [
    {
      path: folder ?? arch,
      reason:
        folder === undefined
          ? 'gVisor is not released for this architecture'
          : 'no digest of a release for this architecture is configured',
      fix:
        folder === undefined
          ? 'exclude these nodes from gVisor with a nodeSelector'
          : `add the SHA-512 of ${folder}/${TARBALL}, or of both ${folder}/${RUNSC} and ${folder}/${SHIM}`,
    },
  ]);
}

/**
 * Name of the directory a release is installed to. Different bytes or flags give a different name, so a published directory never
 * changes, and sandboxes keep the programs and flags they were started with.
 */
export function installationId(
  release: Release,
  runscConfig: Readonly<Record<string, string>>,
): string {
  const content = JSON.stringify([
    release.files.map(({ name, sha512 }) => [name, sha512]),
    Object.entries(runscConfig).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
  return `${release.version}-${createHash('sha256').update(content).digest('hex').slice(0, 8)}`;
}

/** Builds a gVisor release in upstream's layout. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../paths';
import type { Task } from '../progress';
import { replaceFileWith } from '../replace-file';
import { gvisorPrograms, mayLowerOomScore } from '../node/programs';
import { goBinary } from '../toolchain/binaries';
import { VERSIONS } from '../../base/versions';

/** A release in the layout gVisor published up to 20260817.0: `<version>/<arch>/` with the two programs. */
export interface GvisorRelease {
  /** Folder that a server publishes. */
  readonly folder: string;
  readonly version: string;
  /** SHA-512 in hexadecimal by path below the version. */
  readonly sha512: Readonly<Record<string, string>>;
}

/**
 * A gVisor release for local nodes, built from the pinned Go module, so that the installer works
 * where gVisor's own releases cannot be reached. Upstream does not support such builds (README of the module);
 * use them to test the installer and gVisor, not in production.
 * @throws SandboxError TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function makeGvisorRelease({ report, signal }: Task): Promise<GvisorRelease> {
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const digests: [string, string][] = [];
  const programs: [string, string][] = [];
  for (const [name, program] of Object.entries(gvisorPrograms(mayLowerOomScore()))) {
    report(`prepare ${name}`);
    const onPackage = (done: number, total: number): void =>
      report(`build ${name}`, { done, total });
    const path = await goBinary(program, { signal, onPackage });
    const bytes = await readFile(path);
    programs.push([`${architecture}/${name}`, path]);
    digests.push([`${architecture}/${name}`, createHash('sha512').update(bytes).digest('hex')]);
  }
  const key = createHash('sha256').update(JSON.stringify(digests)).digest('hex').slice(0, 16);
  const folder = join(cacheRoot(), 'gvisor-release', key);
  for (const [name, path] of programs) {
    await place(path, join(folder, VERSIONS.gvisor, name));
  }
  return { folder, version: VERSIONS.gvisor, sha512: Object.fromEntries(digests) };
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await replaceFileWith(to, (draft) => copyFile(from, draft));
}

/** Finds the system programs that nodes need: installed ones, else from Debian packages. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { refuse } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { cacheRoot } from '../paths';
import type { Task } from '../progress';
import { withLock } from '../processes/lock';

const run = promisify(execFile);

/** A C program that a node uses, and its Debian package. */
interface SystemProgram {
  readonly name: string;
  readonly debianPackage: string;
  /** The consequence if it is missing; a node starts without an optional one. */
  readonly optional?: string;
}

const PROGRAMS: readonly SystemProgram[] = [
  { name: 'runc', debianPackage: 'runc' },
  { name: 'iptables-restore', debianPackage: 'iptables' },
  {
    name: 'slirp4netns',
    debianPackage: 'slirp4netns',
    optional: 'nodes and pods reach nothing outside this computer',
  },
  { name: 'busybox', debianPackage: 'busybox', optional: 'no busybox image exists' },
];

/** The paths of the system programs. */
export interface SystemPrograms {
  /** Root of a tree of unpacked packages, overlaid by the node's `/usr`; undefined if the computer has all programs. */
  readonly packagesRoot: string | undefined;
  /** Path on this computer of each program that was found. */
  readonly paths: ReadonlyMap<string, string>;
  /** The consequences of missing optional programs. */
  readonly missing: readonly string[];
}

/** Path of an installed program; `sbin` folders count even if PATH lacks them. */
export function findInstalledProgram(name: string): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Whether missing programs can be unpacked from Debian packages. */
function canUnpackPackages(): boolean {
  return ['apt-get', 'dpkg-deb'].every((name) => findInstalledProgram(name) !== undefined);
}

/** The required programs that this computer neither has nor can unpack, with what to install. */
export function missingPrograms(): readonly SystemProgram[] {
  if (canUnpackPackages()) return [];
  return PROGRAMS.filter(({ name, optional }) => !optional && !findInstalledProgram(name));
}

/**
 * Finds the system programs. Missing ones come from Debian packages, which apt downloads (and
 * verifies) into this project's cache and dpkg-deb unpacks there: nothing is installed, and apt's own lists and caches stay unchanged.
 * @throws SandboxError NODE_PROGRAMS_MISSING
 */
export async function systemPrograms({ report, signal }: Task): Promise<SystemPrograms> {
  const wanted = PROGRAMS.filter(({ name }) => !findInstalledProgram(name));
  const root = join(cacheRoot(), 'packages');
  let reason = 'apt-get or dpkg-deb is missing';
  if (wanted.length > 0 && canUnpackPackages()) {
    const packages = wanted.map(({ debianPackage }) => debianPackage);
    try {
      await withLock(`${root}.lock`, () => unpack(root, packages, { report, signal }), { signal });
    } catch (error) {
      signal?.throwIfAborted();
      reason = String((error as { stderr?: string }).stderr || error).trim();
    }
  }
  const packagesRoot = existsSync(root) ? root : undefined;
  const paths = new Map(
    PROGRAMS.flatMap(({ name }) => {
      const path = findInstalledProgram(name) ?? findUnpacked(root, name);
      return path === undefined ? [] : [[name, path] as const];
    }),
  );
  const absent = PROGRAMS.filter(({ name }) => !paths.has(name));
  const problems = absent.filter(({ optional }) => !optional).map(problemOf(reason));
  refuse(LOCAL_ERRORS.NODE_PROGRAMS_MISSING, problems);
  return { packagesRoot, paths, missing: absent.map(({ optional }) => optional ?? '') };
}

function problemOf(reason: string) {
  return ({ name, debianPackage }: SystemProgram) => ({
    path: name,
    reason: `it is not on PATH and could not be unpacked from a Debian package: ${reason}`,
    fix: `install ${name} (Debian, Ubuntu: apt-get install ${debianPackage})`,
  });
}

function findUnpacked(root: string, name: string): string | undefined {
  const folders = ['usr/sbin', 'usr/bin'];
  return folders.map((folder) => join(root, folder, name)).find((path) => existsSync(path));
}

/** Environment in which a program of `packagesRoot` finds its libraries. */
export async function libraryPath(
  packagesRoot: string | undefined,
): Promise<Record<string, string>> {
  if (packagesRoot === undefined) return {};
  const lib = join(packagesRoot, 'usr/lib');
  const triplets = (await readdir(lib).catch(() => [])).filter((entry) =>
    entry.includes('-linux-'),
  );
  return { LD_LIBRARY_PATH: triplets.map((triplet) => join(lib, triplet)).join(delimiter) };
}

async function unpack(
  root: string,
  packages: readonly string[],
  { report, signal }: Task,
): Promise<void> {
  const marker = join(root, `.has-${[...packages].sort().join('-')}`);
  if (existsSync(marker)) return;
  const apt = `${root}.apt`;
  const partial = `${root}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    for (const folder of ['lists/partial', 'archives/partial']) {
      await mkdir(join(apt, folder), { recursive: true });
    }
    // Absolute Dir:: paths replace those below /var; dpkg's own status is read, so that only missing packages are downloaded.
    const options = [
      `Dir::State::lists=${join(apt, 'lists')}`,
      `Dir::Cache=${apt}`,
      `Dir::Cache::archives=${join(apt, 'archives')}`,
      'Debug::NoLocking=true',
      'APT::Sandbox::User=root',
      'Acquire::Retries=1',
      'Acquire::http::Timeout=15',
      'Acquire::https::Timeout=15',
    ].flatMap((option) => ['-o', option]);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const settings = { env, ...(signal && { signal }), timeout: 300_000 };
    report(`download Debian packages ${packages.join(', ')}`);
    await run('apt-get', [...options, 'update'], settings);
    await run(
      'apt-get',
      [...options, '--yes', '--no-install-recommends', '--download-only', 'install', ...packages],
      settings,
    );
    await mkdir(partial, { recursive: true });
    for (const file of await readdir(join(apt, 'archives'))) {
      if (file.endsWith('.deb')) {
        await run('dpkg-deb', ['--extract', join(apt, 'archives', file), partial], settings);
      }
    }
    await mergeUsr(partial);
    await linkAlternatives(partial);
    await writeFile(join(partial, basename(marker)), '');
    await rm(root, { recursive: true, force: true });
    await rename(partial, root);
  } finally {
    await rm(apt, { recursive: true, force: true });
    await rm(partial, { recursive: true, force: true });
  }
}

/** Moves files that packages still have in /bin or /lib to their place in a merged-/usr system. */
async function mergeUsr(root: string): Promise<void> {
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    const from = join(root, folder);
    if (!existsSync(from)) continue;
    await cp(from, join(root, 'usr', folder), { recursive: true, verbatimSymlinks: true });
    await rm(from, { recursive: true });
  }
}

/** Does what update-alternatives would do: iptables and related commands are names of one program. */
async function linkAlternatives(root: string): Promise<void> {
  const sbin = join(root, 'usr/sbin');
  if (!existsSync(join(sbin, 'xtables-nft-multi'))) return;
  for (const family of ['iptables', 'ip6tables']) {
    for (const name of [family, `${family}-save`, `${family}-restore`]) {
      await symlink('xtables-nft-multi', join(sbin, name));
    }
  }
}

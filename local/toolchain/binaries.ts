/** The cache of Go programs: each is built once for its sources and flags. */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheRoot } from '../paths';
import { withLock } from '../processes/lock';
import { buildFlags, goBuild } from './go-build';

/** Name of a file until it is complete and renamed. */
const PARTIAL = '.partial';

/** A Go program, by its sources. */
export interface GoProgram {
  /** Folder of the go.mod. */
  readonly moduleDir: string;
  /** Package path, or a path such as `.` relative to `moduleDir`. */
  readonly package: string;
  /** File name in the cache. */
  readonly name: string;
  /** @default '-s -w' */
  readonly ldflags?: string;
}

interface BinaryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onPackage?: ((compiled: number, total: number) => void) | undefined;
  readonly onWait?: ((holderPid: number) => void) | undefined;
  /** Another way to create the file, tried before building; returns `false` if it cannot. */
  readonly fetch?: ((target: string) => Promise<boolean>) | undefined;
}

/**
 * Path of a Go program in the cache, built if it is missing. The key covers go.mod, go.sum, the Go sources of the
 * module itself, the flags and this kind of computer; go.mod pins the Go version too.
 * Safe to call from many processes; the next one removes the remains of a killed one.
 * @throws SandboxError TOOLCHAIN_NO_GO, TOOLCHAIN_DISK_FULL, TOOLCHAIN_BUILD_FAILED, LOCAL_LOCKED
 */
export async function goBinary(program: GoProgram, options: BinaryOptions = {}): Promise<string> {
  const { folder, path } = await locate(program);
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const { signal, onWait, onPackage, fetch } = options;
  await withLock(
    join(folder, '.lock'),
    async () => {
      if (await exists(path)) return;
      await sweep(folder);
      const partial = `${path}${PARTIAL}`;
      try {
        if (!(await fetch?.(partial))) {
          const ldflags = program.ldflags ?? '-s -w';
          await goBuild({
            ...program,
            ldflags,
            output: partial,
            signal,
            ...(onPackage && { onPackage }),
          });
        }
        await rename(partial, path);
      } finally {
        await sweep(folder);
      }
    },
    { signal, ...(onWait && { onWait }) },
  );
  return path;
}

/** Path of a Go program in the cache if it has been built; never builds. */
export async function cachedBinary(program: GoProgram): Promise<string | undefined> {
  const { path } = await locate(program);
  return (await exists(path)) ? path : undefined;
}

async function locate(program: GoProgram): Promise<{ folder: string; path: string }> {
  const hash = createHash('sha256');
  const flags = buildFlags(program.ldflags ?? '-s -w');
  hash.update(JSON.stringify([process.platform, process.arch, flags]));
  for (const file of await sourcesOf(program.moduleDir)) {
    hash.update(`\0${file}\0`).update(await readFile(join(program.moduleDir, file)));
  }
  const folder = join(cacheRoot(), 'bin', hash.digest('hex').slice(0, 16));
  return { folder, path: join(folder, program.name) };
}

async function sourcesOf(moduleDir: string): Promise<string[]> {
  const files = await readdir(moduleDir, { recursive: true });
  const isSource = (file: string): boolean =>
    /\.go$/.test(file) || /^go\.(mod|sum)$/.test(basename(file));
  return files.filter(isSource).sort();
}

/** Removes the remains of an interrupted build or download. Only the holder of the folder's lock may call it. */
async function sweep(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (file.includes(PARTIAL)) await rm(join(folder, file), { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

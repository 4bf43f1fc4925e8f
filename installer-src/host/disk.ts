/**
 * The host's file system, seen from the installer's container. Every change to a host is one call of one of
 * the six changing members. Each of them except `write` is atomic, whenever the process is killed.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, lstat, mkdir, open, readdir, readFile, readlink, rename } from 'node:fs/promises';
import { rmdir, statfs, symlink, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SandboxError, type ErrorKind } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';

interface Entry {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Permission bits. */
  readonly mode: number;
}

/** Paths are absolute paths of the host. Reading members return `undefined` or an empty value for what does not exist. */
export interface Disk {
  entry(path: string): Promise<Entry | undefined>;
  /** Content of a file. */
  read(path: string): Promise<string | undefined>;
  stream(path: string): AsyncIterable<Uint8Array>;
  sha512(path: string): Promise<string | undefined>;
  readLink(path: string): Promise<string | undefined>;
  /** Names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
  /** Bytes that an unprivileged process can still write below the nearest existing directory. */
  freeBytes(path: string): Promise<number>;
  /** @throws SandboxError `GVISOR_HOST_READ_ONLY` if nothing can be created below the nearest existing directory */
  assertWritable(path: string): Promise<void>;

  /** Creates or overwrites the file with exactly these permission bits, and waits until it is on the disk. Not atomic. */
  write(path: string, content: string | AsyncIterable<Uint8Array>, mode: number): Promise<void>;
  /** Atomic; replaces an existing file or link. */
  rename(from: string, to: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** One directory, readable by every user. It may exist already. */
  makeDirectory(path: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  removeEmptyDirectory(path: string): Promise<void>;
}

/** The file system whose root is the directory `root` of this process. */
export function hostDisk(root: string): Disk {
  const at = (path: string) => join(root, path);
  const nearest = async (path: string): Promise<string> => {
    for (let candidate = path; ; candidate = dirname(candidate)) {
      if (candidate === '/' || (await present(lstat(at(candidate))))) return candidate;
    }
  };

  return {
    async entry(path) {
      const found = await present(lstat(at(path)));
      if (found === undefined) return undefined;
      const kind = found.isFile()
        ? 'file'
        : found.isDirectory()
          ? 'directory'
          : found.isSymbolicLink()
            ? 'link'
            : 'other';
      return { kind, mode: found.mode & 0o7777 };
    },
    read: (path) => present(readFile(at(path), 'utf8')),
    stream: (path) => createReadStream(at(path)) as AsyncIterable<Uint8Array>,
    async sha512(path) {
      if (!(await present(lstat(at(path))))) return undefined;
      const hash = createHash('sha512');
      for await (const piece of createReadStream(at(path))) hash.update(piece as Buffer);
      return hash.digest('hex');
    },
    readLink: (path) => present(readlink(at(path))),
    list: async (path) => ((await present(readdir(at(path)))) ?? []).sort(),
    async freeBytes(path) {
      const { bavail, bsize } = await statfs(at(await nearest(path)));
      return bavail * bsize;
    },
    async assertWritable(path) {
      const directory = await nearest(path);
      await inOurWords(directory, access(at(directory), constants.W_OK));
    },

    write: (path, content, mode) => inOurWords(path, writeFile(at(path), content, mode)),
    rename: (from, to) =>
      inOurWords(
        to,
        rename(at(from), at(to)).then(() => flushDirectory(at(dirname(to)))),
      ),
    symlink: (target, path) => inOurWords(path, symlink(target, at(path))),
    makeDirectory: (path) =>
      inOurWords(
        path,
        mkdir(at(path), { mode: 0o755 }).catch((error: unknown) => {
          if (codeOf(error) !== 'EEXIST') throw error;
        }),
      ),
    removeFile: (path) => inOurWords(path, gone(unlink(at(path)))),
    removeEmptyDirectory: (path) => inOurWords(path, gone(rmdir(at(path)))),
  };
}

async function writeFile(
  path: string,
  content: string | AsyncIterable<Uint8Array>,
  mode: number,
): Promise<void> {
  const file = await open(path, 'w', mode);
  try {
    // open(2) applies the umask to the mode, and keeps the mode of an existing file.
    await file.chmod(mode);
    await writeAll(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(
  file: FileHandle,
  content: string | AsyncIterable<Uint8Array>,
): Promise<void> {
  if (typeof content === 'string') return file.writeFile(content);
  for await (const piece of content) {
    for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten;
  }
}

/** A renamed file survives a power cut only when its directory is on the disk too. */
async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

async function present<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function gone(removing: Promise<void>): Promise<void> {
  await present(removing);
}

interface Refusal {
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly fix: string;
}

const FULL: Refusal = {
  kind: INSTALLER_ERRORS.GVISOR_DISK_FULL,
  reason: 'no space is left on the device',
  fix: 'free space on the file system of this path; the installer then continues by itself',
};
const READ_ONLY: Refusal = {
  kind: INSTALLER_ERRORS.GVISOR_HOST_READ_ONLY,
  reason: 'the host does not allow writing it',
  fix: 'use nodes whose operating system leaves this path writable, or exclude this pool from gVisor',
};

const REFUSALS: ReadonlyMap<string | undefined, Refusal> = new Map([
  ['ENOSPC', FULL],
  ['EDQUOT', FULL],
  ['EROFS', READ_ONLY],
  ['EACCES', READ_ONLY],
  ['EPERM', READ_ONLY],
]);

/** Maps what the host refuses to an error code; any other error is a fault of this program. */
async function inOurWords<T>(path: string, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const refusal = REFUSALS.get(codeOf(error));
    if (refusal === undefined) throw error;
    const { kind, reason, fix } = refusal;
    throw new SandboxError(kind, [{ path, reason, fix }], { cause: error });
  }
}

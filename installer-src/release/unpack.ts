/** Unpacks downloads into the tree to install. An archive is not trusted even if its digest is correct. */
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import bunzip2 from 'unbzip2-stream';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import type { Disk } from '../host/disk';
import { makeDirectories, removeTree } from '../host/files';
import { PATHS } from '../host/layout';
import { RUNSC, SHIM, TARBALL, type Release } from './release';

/** A release is under ten files and 500 MiB unpacked (20260914.0); anything much larger is not a release. */
const MAX_ENTRIES = 1000;
const MAX_BYTES = 4 * 1024 * 1024 * 1024;

/** Every user may run and read it: runsc starts itself again as user nobody (gvisor.dev/docs/user_guide/install). */
const PROGRAM_MODE = 0o755;
const FILE_MODE = 0o644;

/** @throws SandboxError `GVISOR_RELEASE_INVALID`, or an error of the disk */
export async function unpack(disk: Disk, { files }: Release): Promise<void> {
  await removeTree(disk, PATHS.tree);
  await makeDirectories(disk, PATHS.tree);
  for (const { name } of files) {
    const source = disk.stream(join(PATHS.downloads, name));
    if (name === TARBALL) await unpackTarball(disk, source);
    else await disk.write(join(PATHS.tree, name), source, PROGRAM_MODE);
  }
  for (const name of [RUNSC, SHIM]) {
    const entry = await disk.entry(join(PATHS.tree, name));
    if (entry?.kind !== 'file' || (entry.mode & 0o111) === 0)
      throw invalid(name, 'does not exist in the release as a program');
  }
}

async function unpackTarball(disk: Disk, source: AsyncIterable<Uint8Array>): Promise<void> {
  const entries = extract();
  const [written, read] = await Promise.allSettled([
    writeEntries(disk, entries),
    pipeline(source, bunzip2(), entries as unknown as NodeJS.WritableStream),
  ]);
  // A failure of either ends the other, so the first reason may be a consequence of the second, but never hides an error of the disk or a check.
  const reasons = [written, read].flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  if (reasons.length === 0) return;
  const expected = reasons.find((reason) => reason instanceof SandboxError);
  if (expected !== undefined) throw expected;
  const [first] = reasons;
  throw invalid(
    TARBALL,
    `cannot be unpacked: ${first instanceof Error ? first.message : String(first)}`,
  );
}

interface ArchiveEntry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): void;
}

async function writeEntries(disk: Disk, entries: AsyncIterable<ArchiveEntry>): Promise<void> {
  let count = 0;
  let bytes = 0;
  for await (const entry of entries) {
    const { header } = entry;
    count += 1;
    bytes += header.size;
    if (count > MAX_ENTRIES) throw invalid(TARBALL, `has more than ${MAX_ENTRIES} entries`);
    if (bytes > MAX_BYTES) throw invalid(TARBALL, `unpacks to more than ${MAX_BYTES} bytes`);
    await writeEntry(disk, entry);
    entry.resume();
  }
}

async function writeEntry(disk: Disk, entry: ArchiveEntry): Promise<void> {
  const { name, type, linkname, mode } = entry.header;
  const path = join(PATHS.tree, inside(name));
  switch (type) {
    case 'directory':
      return makeDirectories(disk, path);
    case 'file':
    case 'contiguous-file':
      await makeDirectories(disk, posix.dirname(path));
      return disk.write(
        path,
        entry as AsyncIterable<Uint8Array>,
        (mode & 0o111) === 0 ? FILE_MODE : PROGRAM_MODE,
      );
    case 'symlink':
      // Without `..` in any of them, links only lead downwards, however they are chained.
      await makeDirectories(disk, posix.dirname(path));
      return disk.symlink(inside(linkname), path);
    case 'link':
    case 'block-device':
    case 'character-device':
    case 'fifo':
      throw invalid(name, `is a ${type}, which no release contains`);
  }
}

/** A path of the archive as one below the tree. */
function inside(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0'))
    throw invalid(JSON.stringify(name), 'leads out of the directory of the release');
  return parts.join('/');
}

function invalid(path: string, reason: string): SandboxError {
  return new SandboxError(INSTALLER_ERRORS.GVISOR_RELEASE_INVALID, [
    {
      path,
      reason,
      fix: 'set the digest to that of an official gVisor release, or of a mirror of one',
    },
  ]);
}

/** Changes in several steps, ordered so that a kill at any moment leaves no partial result in use. */
import { basename, dirname, join } from 'node:path';
import type { Disk } from './disk';

/** Name of a file until it is complete. Not `*.toml`, because containerd would import it. */
export function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.secure-ai-gvisor`);
}

/** Afterwards the file has this content, or is unchanged. */
export async function replaceFile(
  disk: Disk,
  path: string,
  text: string,
  mode: number,
): Promise<void> {
  await disk.write(draftOf(path), text, mode);
  await disk.rename(draftOf(path), path);
}

/** Afterwards the link points to `target`, or is unchanged. */
export async function replaceLink(disk: Disk, path: string, target: string): Promise<void> {
  await disk.removeFile(draftOf(path));
  await disk.symlink(target, draftOf(path));
  await disk.rename(draftOf(path), path);
}

export async function makeDirectories(disk: Disk, path: string): Promise<void> {
  if ((await disk.entry(path)) !== undefined) return;
  await makeDirectories(disk, dirname(path));
  await disk.makeDirectory(path);
}

/** Removes the directory and its content; removes links, not their targets. */
export async function removeTree(disk: Disk, path: string): Promise<void> {
  const entry = await disk.entry(path);
  if (entry === undefined) return;
  if (entry.kind !== 'directory') return disk.removeFile(path);
  for (const name of await disk.list(path)) await removeTree(disk, join(path, name));
  await disk.removeEmptyDirectory(path);
}

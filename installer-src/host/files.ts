/** Changes made of several single ones, each in an order that a kill at any moment leaves nothing half done that counts. */
import { basename, dirname, join } from 'node:path';
import type { Disk } from './disk';

/** What a file is called until it is complete. Not `*.toml`, or containerd would import it. */
export function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.secure-ai-gvisor`);
}

/** The file then has this text, or it is as it was. */
export async function replaceFile(
  disk: Disk,
  path: string,
  text: string,
  mode: number,
): Promise<void> {
  await disk.write(draftOf(path), text, mode);
  await disk.rename(draftOf(path), path);
}

/** The link then points to `target`, or it is as it was. */
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

/** Removes the directory with all that is in it, links themselves and not what they point to. */
export async function removeTree(disk: Disk, path: string): Promise<void> {
  const entry = await disk.entry(path);
  if (entry === undefined) return;
  if (entry.kind !== 'directory') return disk.removeFile(path);
  for (const name of await disk.list(path)) await removeTree(disk, join(path, name));
  await disk.removeEmptyDirectory(path);
}

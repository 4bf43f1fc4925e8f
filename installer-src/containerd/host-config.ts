/** containerd's configuration on the host's disk: reading it, adding the handler, removing it again. */
import { dirname, join } from 'node:path';
import type { Disk } from '../host/disk';
import { makeDirectories, replaceFile } from '../host/files';
import { PATHS } from '../host/layout';
import { addToRecord, readRecord } from '../host/record';
import { importPattern, imports, parseConfig, unknown } from './config';
import { isDropIn, withoutUs, type ConfigFile, type FoundConfig, type Wiring } from './wiring';

/** Mode of a file that did not exist. */
const CONFIG_MODE = 0o644;

export interface ConfigSite {
  /** Path of the main file. */
  readonly path: string;
  /** Whether its owner rewrites it at every start. */
  readonly generated: boolean;
}

/** @throws SandboxError `GVISOR_CONTAINERD_UNKNOWN` */
export async function findConfig(
  disk: Disk,
  { path, generated }: ConfigSite,
  majorVersion: 1 | 2,
): Promise<FoundConfig> {
  const entry = await disk.entry(path);
  if (entry !== undefined && entry.kind !== 'file')
    throw unknown(path, `is a ${entry.kind}, not a file`, 'put the file itself there');
  const text = await disk.read(path);
  const rest = text === undefined ? undefined : withoutUs(path, text);
  const clean = rest === '' && text !== '' ? undefined : rest;
  const imported = clean === undefined ? [] : await importedFiles(disk, path, clean);
  return { path, clean, generated, imported, majorVersion };
}

/** The other files that containerd reads in the directory of the main file; the installer does not look at the rest of the host. */
async function importedFiles(disk: Disk, main: string, clean: string): Promise<ConfigFile[]> {
  const files: ConfigFile[] = [];
  const pending: ConfigFile[] = [{ path: main, text: clean }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const importing = next;
    const found = await matching(
      disk,
      parseConfig(importing.path, importing.text).imports.map((pattern) =>
        importPattern(importing.path, pattern),
      ),
    );
    for (const path of found) {
      if (path === main || isDropIn(main, path) || files.some((file) => file.path === path))
        continue;
      const file = { path, text: (await disk.read(path)) ?? '' };
      files.push(file);
      pending.push(file);
    }
  }
  return files;
}

async function matching(disk: Disk, patterns: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    patterns.map(async (pattern) => {
      const directory = dirname(pattern);
      const paths = (await disk.list(directory)).map((name) => join(directory, name));
      return paths.filter((path) => imports(pattern, path));
    }),
  );
  return found.flat();
}

/** Afterwards the file exists and the main one refers to it, or both are unchanged. containerd can start at every moment in between. */
export async function wire(disk: Disk, site: ConfigSite, wiring: Wiring): Promise<void> {
  const { dropIn, config } = wiring;
  if (dropIn !== undefined && (await disk.read(dropIn.path)) !== dropIn.text) {
    const directory = dirname(dropIn.path);
    const absent = (await disk.entry(directory)) === undefined ? [directory] : [];
    await addToRecord(disk, { absent, dropIns: [dropIn.path] });
    await makeDirectories(disk, directory);
    await replaceFile(disk, dropIn.path, dropIn.text, CONFIG_MODE);
  }
  const text = await disk.read(site.path);
  const wanted = config?.text ?? (text === undefined ? undefined : withoutUs(site.path, text));
  if (wanted !== undefined && wanted !== text) await edit(disk, site.path, text, wanted);
  for (const stale of (await readRecord(disk)).dropIns) {
    if (stale !== dropIn?.path) await disk.removeFile(stale);
  }
}

async function edit(
  disk: Disk,
  path: string,
  before: string | undefined,
  text: string,
): Promise<void> {
  if (before === undefined) await addToRecord(disk, { absent: [path], dropIns: [] });
  else if (withoutUs(path, before) === before) await replaceFile(disk, PATHS.backup, before, 0o600);
  await replaceFile(disk, path, text, (await disk.entry(path))?.mode ?? CONFIG_MODE);
}

/** Restores containerd's configuration without this installer's edits: the original bytes, and what others have written since. */
export async function unwire(disk: Disk, site: ConfigSite): Promise<void> {
  const record = await readRecord(disk);
  const text = await disk.read(site.path);
  if (text !== undefined) {
    const clean = withoutUs(site.path, text);
    if (clean === '' && record.absent.includes(site.path)) await disk.removeFile(site.path);
    else if (clean !== text)
      await replaceFile(disk, site.path, clean, (await disk.entry(site.path))?.mode ?? CONFIG_MODE);
  }
  for (const dropIn of record.dropIns) {
    await disk.removeFile(dropIn);
    const directory = dirname(dropIn);
    if (record.absent.includes(directory) && (await disk.list(directory)).length === 0)
      await disk.removeEmptyDirectory(directory);
  }
}

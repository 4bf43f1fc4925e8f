/** Writes the files of a volume atomically: a reader sees all old or all new ones. */
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const DATA = '..data';

/**
 * Makes `folder` contain exactly `files`, all changed at once, in the layout of the kubelet's AtomicWriter
 * (pkg/volume/util/atomic_writer.go, v1.36.3): the content in a folder of its own, `..data` a link to it that is replaced by
 * a rename, and a link through `..data` for each entry. Programs that watch mounted files rely on that layout.
 * Writes nothing if nothing has changed. Only one call per folder at a time.
 */
export async function writeProjectedFolder(
  folder: string,
  files: ReadonlyMap<string, Buffer>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const data = join(folder, DATA);
  const previous = await readlink(data).catch(() => undefined);
  if (previous !== undefined && (await holds(join(folder, previous), files))) return;

  const fresh = await mkdtemp(join(folder, `${DATA}-`));
  for (const [path, content] of files) {
    await mkdir(dirname(join(fresh, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(fresh, path), content, { mode: 0o600 });
  }
  await rm(`${data}_tmp`, { force: true });
  await symlink(basename(fresh), `${data}_tmp`);
  await rename(`${data}_tmp`, data);

  const wanted = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
  const shown = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of shown) if (!wanted.has(name)) await rm(join(folder, name));
  for (const name of wanted)
    if (!shown.includes(name)) await symlink(join(DATA, name), join(folder, name));
  if (previous !== undefined) await rm(join(folder, previous), { recursive: true, force: true });
}

async function holds(folder: string, files: ReadonlyMap<string, Buffer>): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  if (entries.filter((entry) => entry.isFile()).length !== files.size) return false;
  for (const [path, content] of files) {
    const present = await readFile(join(folder, path)).catch(() => undefined);
    if (present === undefined || !present.equals(content)) return false;
  }
  return true;
}

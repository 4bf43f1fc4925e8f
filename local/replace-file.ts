/** Replaces a file atomically: a reader sees the old content or the new one, never a part. */
import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes `text` beside `path` and renames it into place. */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  await replaceFileWith(path, (draft) => writeFile(draft, text, { mode }));
}

/** As `replaceFile`, for content that `write` puts at the path it gets. A failure leaves nothing beside `path`. */
export async function replaceFileWith(
  path: string,
  write: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await write(draft);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

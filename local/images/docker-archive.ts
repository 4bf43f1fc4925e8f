/** Writes container images as docker-archive files. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { replaceFileWith } from '../replace-file';

/** One entry of an image's file system; `path` has no leading slash. */
export type ImageEntry = { readonly path: string } & (
  | {
      readonly kind: 'copy';
      /** File on this computer. */ readonly from: string;
      readonly mode: number;
    }
  | { readonly kind: 'text'; readonly text: string; readonly mode: number }
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }
);

/** An image with one layer. */
export interface Image {
  /** Fully qualified references, each with a tag. */
  readonly references: readonly [string, ...string[]];
  readonly entries: readonly ImageEntry[];
  /** https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md, member `config` */
  readonly config: {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly Labels?: Readonly<Record<string, string>>;
  };
}

/** Every file has this date, so that the same content gives the same image. */
const EPOCH = new Date(0);

/**
 * Writes `image` to `target` as `docker save` does (https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md),
 * which `ctr images import` and `docker load` read. The file is written atomically.
 */
export async function writeDockerArchive(image: Image, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const layer = `${target}.${process.pid}.layer`;
  try {
    await writeTar(layer, async (tar) => {
      for (const entry of image.entries) await addEntry(tar, entry);
    });
    const config = JSON.stringify({
      architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch,
      os: 'linux',
      created: EPOCH.toISOString(),
      config: image.config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${await sha256(layer)}`] },
    });
    const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
    const manifest = [{ Config: configName, RepoTags: image.references, Layers: ['layer.tar'] }];
    const fill = async (tar: Pack): Promise<void> => {
      await addEntry(tar, { kind: 'copy', path: 'layer.tar', from: layer, mode: 0o644 });
      await addEntry(tar, { kind: 'text', path: configName, text: config, mode: 0o644 });
      const text = JSON.stringify(manifest);
      await addEntry(tar, { kind: 'text', path: 'manifest.json', text, mode: 0o644 });
    };
    await replaceFileWith(target, (draft) => writeTar(draft, fill));
  } finally {
    await rm(layer, { force: true });
  }
}

async function writeTar(path: string, fill: (tar: Pack) => Promise<void>): Promise<void> {
  const tar = pack();
  const written = pipeline(tar as unknown as NodeJS.ReadableStream, createWriteStream(path));
  const filled = fill(tar).then(
    () => tar.finalize(),
    (error: Error) => {
      tar.destroy(error);
      throw error;
    },
  );
  await Promise.all([filled, written]);
}

async function addEntry(tar: Pack, entry: ImageEntry): Promise<void> {
  const header = { name: entry.path, mtime: EPOCH };
  switch (entry.kind) {
    case 'folder':
      tar.entry({ ...header, type: 'directory', mode: entry.mode });
      return;
    case 'symlink':
      tar.entry({ ...header, type: 'symlink', linkname: entry.target, mode: 0o777 });
      return;
    case 'text':
      tar.entry({ ...header, mode: entry.mode }, entry.text);
      return;
    case 'copy': {
      const { size } = await stat(entry.from);
      const sink = tar.entry({ ...header, mode: entry.mode, size });
      await pipeline(createReadStream(entry.from), sink as unknown as NodeJS.WritableStream);
    }
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

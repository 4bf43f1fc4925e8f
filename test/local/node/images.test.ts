import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { writeDockerArchive, type Image } from '../../../local/images/docker-archive';
import { parseLdd } from '../../../local/images/shared-libraries';
import { makeScratch, type Scratch } from '../scratch';

let scratch: Scratch;
beforeEach(() => (scratch = makeScratch()));
afterEach(() => scratch.remove());

interface Entry {
  readonly type: string | null | undefined;
  readonly mode: number | undefined;
  readonly linkname: string | null | undefined;
  readonly content: Buffer;
}

async function readTar(source: Readable): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const reader = extract();
  source.pipe(reader);
  for await (const entry of reader as unknown as AsyncIterable<
    Readable & { header: { name: string; type: string; mode: number; linkname: string } }
  >) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, mode, linkname } = entry.header;
    entries.set(name, { type, mode, linkname, content: Buffer.concat(chunks) });
  }
  return entries;
}

const digest = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function sampleImage(folder: string): Image {
  const from = join(folder, 'program');
  writeFileSync(from, Buffer.alloc(3 << 20, 7));
  return {
    references: ['docker.io/library/sample:1', 'docker.io/library/sample:latest'],
    entries: [
      { kind: 'folder', path: 'tmp', mode: 0o1777 },
      { kind: 'copy', path: 'bin/program', from, mode: 0o755 },
      { kind: 'symlink', path: 'bin/other', target: 'program' },
      { kind: 'text', path: 'etc/name', text: 'sample\n', mode: 0o644 },
    ],
    config: { Entrypoint: ['/bin/program'], User: '65535' },
  };
}

test('an archive holds the layer, and its digests are true', async () => {
  const image = sampleImage(scratch.folder);
  const target = join(scratch.folder, 'sample.tar');
  await writeDockerArchive(image, target);

  const archive = await readTar(createReadStream(target));
  const [manifest] = JSON.parse(archive.get('manifest.json')?.content.toString() ?? '') as [
    { Config: string; RepoTags: string[]; Layers: string[] },
  ];
  expect(manifest.RepoTags).toEqual(image.references);
  const config = archive.get(manifest.Config)?.content ?? Buffer.alloc(0);
  expect(manifest.Config).toBe(`${digest(config)}.json`);
  const layer = archive.get(manifest.Layers[0] ?? '')?.content ?? Buffer.alloc(0);
  const { rootfs, config: run } = JSON.parse(config.toString()) as {
    rootfs: { diff_ids: string[] };
    config: object;
  };
  expect(rootfs.diff_ids).toEqual([`sha256:${digest(layer)}`]);
  expect(run).toEqual(image.config);

  const files = await readTar(Readable.from(layer));
  expect(files.get('bin/program')).toMatchObject({ type: 'file', mode: 0o755 });
  expect(
    files.get('bin/program')?.content.equals(readFileSync(join(scratch.folder, 'program'))),
  ).toBe(true);
  expect(files.get('bin/other')).toMatchObject({ type: 'symlink', linkname: 'program' });
  expect(files.get('tmp/') ?? files.get('tmp')).toMatchObject({ type: 'directory', mode: 0o1777 });
  expect(files.get('etc/name')?.content.toString()).toBe('sample\n');
});

test('the same content gives the same archive, whenever it is written', async () => {
  const image = sampleImage(scratch.folder);
  const digests = [];
  for (const name of ['one.tar', 'two.tar']) {
    const target = join(scratch.folder, name);
    await writeDockerArchive(image, target);
    digests.push(digest(readFileSync(target)));
  }
  expect(digests[0]).toBe(digests[1]);
});

test('an image whose file cannot be read leaves nothing behind', async () => {
  const folder = join(scratch.folder, 'images');
  mkdirSync(folder);
  const entries = [
    { kind: 'copy', path: 'a', from: join(scratch.folder, 'missing'), mode: 0o644 },
  ] as const;
  const image: Image = { references: ['a:1'], entries, config: {} };
  await expect(writeDockerArchive(image, join(folder, 'a.tar'))).rejects.toThrow('ENOENT');
  expect(readdirSync(folder)).toEqual([]);
});

test('ldd: libraries and the loader are taken, what the kernel brings is not', () => {
  const output = [
    '\tlinux-vdso.so.1 (0x00007fd46e3ba000)',
    '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fd46e0f8000)',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007fd46e3bc000)',
  ].join('\n');
  expect(parseLdd(output)).toEqual([
    '/lib/x86_64-linux-gnu/libc.so.6',
    '/lib64/ld-linux-x86-64.so.2',
  ]);
  expect(parseLdd('\tnot a dynamic executable\n')).toEqual([]);
});

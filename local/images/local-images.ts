/** Builds images with their upstream names from programs of this computer. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { DOMAIN } from '../../base/names';
import { VERSIONS } from '../../base/versions';
import { cacheRoot } from '../paths';
import { writeDockerArchive, type Image, type ImageEntry } from './docker-archive';
import { sharedLibraries } from './shared-libraries';

const run = promisify(execFile);

/** Marks an image as built locally under its upstream name, with its source. */
const ORIGIN_LABEL = `${DOMAIN}/made-from`;

/** The users of the stock images: name, uid. */
const USERS = { root: 0, node: 1000, nobody: 65534 };

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs of this computer that images are built from. */
export interface ImagePrograms {
  readonly pause: string;
  readonly coredns: string;
  readonly gatekeeper: string;
  readonly busybox?: string | undefined;
}

/**
 * Archives of the images of the platform's own pods, under their upstream names but built from programs of this computer,
 * so that the manifests run unmodified if no registry can be reached. The cache keeps the newest of each.
 */
export async function localImages(
  references: { readonly pause: string; readonly coredns: string },
  programs: ImagePrograms,
): Promise<readonly string[]> {
  const images = [
    pauseImage(references.pause, programs.pause),
    corednsImage(references.coredns, programs.coredns),
    gatekeeperImage(programs.gatekeeper),
    await nodeImage(realpathSync(process.execPath)),
    ...(programs.busybox === undefined ? [] : [await busyboxImage(programs.busybox)]),
  ];
  return Promise.all(images.map(cachedArchive));
}

async function cachedArchive(image: Image): Promise<string> {
  const sources = image.entries.map((entry) => {
    if (entry.kind !== 'copy') return entry;
    const { size, mtimeMs } = statSync(entry.from);
    return { ...entry, size, mtimeMs };
  });
  const key = createHash('sha256')
    .update(JSON.stringify([image, sources]))
    .digest('hex');
  const folder = join(cacheRoot(), 'images');
  const name = basename(image.references[0]).replace(/:.*/, '');
  const file = `${name}-${key.slice(0, 16)}.tar`;
  const path = join(folder, file);
  if (existsSync(path)) return path;
  await writeDockerArchive(image, path);
  for (const other of await readdir(folder)) {
    if (other.startsWith(`${name}-`) && other.endsWith('.tar') && other !== file)
      await rm(join(folder, other));
  }
  return path;
}

function pauseImage(reference: string, program: string): Image {
  return {
    references: [reference],
    entries: [{ kind: 'copy', path: 'pause', from: program, mode: 0o755 }],
    config: { Entrypoint: ['/pause'], User: '65535:65535', Labels: origin('pause') },
  };
}

function corednsImage(reference: string, program: string): Image {
  return {
    references: [reference],
    entries: [{ kind: 'copy', path: 'coredns', from: program, mode: 0o755 }],
    config: { Entrypoint: ['/coredns'], Labels: origin('coredns') },
  };
}

function gatekeeperImage(program: string): Image {
  return {
    references: [`docker.io/openpolicyagent/gatekeeper:${VERSIONS.gatekeeper}`],
    entries: [{ kind: 'copy', path: 'manager', from: program, mode: 0o755 }],
    config: { Entrypoint: ['/manager'], User: '65532:65532', Labels: origin('gatekeeper') },
  };
}

/** The Node.js that runs this process. */
async function nodeImage(program: string): Promise<Image> {
  return {
    references: [`docker.io/library/node:${VERSIONS.nodeImage}`],
    entries: [...baseEntries(), ...(await programEntries('usr/local/bin/node', program))],
    config: {
      Cmd: ['node'],
      Env: [PATH],
      Labels: origin(`node ${process.version}`),
    },
  };
}

async function busyboxImage(program: string): Promise<Image> {
  const { stdout } = await run(program, ['--list']);
  const applets = stdout.split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
  return {
    references: [`docker.io/library/busybox:${VERSIONS.busyboxImage}`],
    entries: [
      ...baseEntries(),
      ...(await programEntries('bin/busybox', program)),
      ...applets.map((applet): ImageEntry => ({
        kind: 'symlink',
        path: `bin/${applet}`,
        target: 'busybox',
      })),
    ],
    config: {
      Cmd: ['sh'],
      Env: [PATH],
      Labels: origin('busybox'),
    },
  };
}

/** A program, and its shared libraries at their own paths. */
async function programEntries(path: string, program: string): Promise<ImageEntry[]> {
  const libraries = await sharedLibraries(program);
  return [
    { kind: 'copy', path, from: program, mode: 0o755 },
    ...libraries.map((from): ImageEntry => ({
      kind: 'copy',
      path: from.slice(1),
      from,
      mode: 0o755,
    })),
  ];
}

function baseEntries(): ImageEntry[] {
  const users = Object.entries(USERS);
  const passwd = users.map(([name, id]) => `${name}:x:${id}:${id}::/:/bin/sh\n`).join('');
  const group = users.map(([name, id]) => `${name}:x:${id}:\n`).join('');
  return [
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
    { kind: 'folder', path: 'root', mode: 0o700 },
    { kind: 'text', path: 'etc/passwd', text: passwd, mode: 0o644 },
    { kind: 'text', path: 'etc/group', text: group, mode: 0o644 },
    { kind: 'text', path: 'etc/nsswitch.conf', text: 'hosts: files dns\n', mode: 0o644 },
  ];
}

function origin(what: string): Record<string, string> {
  return { [ORIGIN_LABEL]: `this computer's ${what}` };
}

/** gVisor releases made of anything, served on this computer. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pack, type Header } from 'tar-stream';

/** Files by path below the source, as in `20260817.0/x86_64/runsc`. */
type Served = ReadonlyMap<string, Buffer>;

export const ARCH = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

export interface MadeRelease {
  readonly version: string;
  readonly served: Served;
  /** Value of the flag --sha512. */
  readonly sha512: string;
}

export type ArchiveEntry = Partial<Header> & { readonly name: string; readonly content?: string };

/** What is in a release since gVisor packs it, with programs that are none. */
export function programs(mark: string): readonly ArchiveEntry[] {
  return [
    { name: 'runsc', content: `runsc ${mark}` },
    { name: 'containerd-shim-runsc-v1', content: `shim ${mark}` },
    { name: 'gvisor-bin', type: 'directory', mode: 0o755 },
    { name: 'gvisor-bin/gvisor_sentry', content: `sentry ${mark}` },
    { name: 'gvisor-bin/README', content: 'sidecars\n', mode: 0o600 },
    { name: 'gvisor-bin/sentry', type: 'symlink', linkname: 'gvisor_sentry' },
  ];
}

/** The layout of releases after 20260817.0. */
export async function tarballRelease(
  version: string,
  entries: readonly ArchiveEntry[],
): Promise<MadeRelease> {
  return releaseOf(version, { 'gvisor.tar.bz2': await tarball(entries) });
}

/** The layout of releases up to 20260817.0. */
export function loosePrograms(version: string, runsc: Buffer, shim: Buffer): MadeRelease {
  return releaseOf(version, { runsc, 'containerd-shim-runsc-v1': shim });
}

/** A release whose programs run and do nothing. `mark` makes it another one. */
export function sleepingPrograms(version: string, mark: string): MadeRelease {
  const sleep = readFileSync(execFileSync('sh', ['-c', 'command -v sleep']).toString().trim());
  return loosePrograms(version, sleep, Buffer.from(`shim ${mark}`));
}

export function releaseOf(version: string, files: Readonly<Record<string, Buffer>>): MadeRelease {
  const entries = Object.entries(files);
  return {
    version,
    served: new Map(entries.map(([name, content]) => [`${version}/${ARCH}/${name}`, content])),
    sha512: entries.map(([name, content]) => `${ARCH}/${name}=${sha512(content)}`).join(','),
  };
}

function sha512(content: Buffer): string {
  return createHash('sha512').update(content).digest('hex');
}

async function tarball(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries)
    archive.entry({ mode: 0o755, mtime: new Date(0), ...header }, content);
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) pieces.push(piece as Uint8Array);
  return bzip2(Buffer.concat(pieces));
}

export function bzip2(content: Buffer): Buffer {
  return execFileSync('bzip2', ['--stdout'], { input: content, maxBuffer: 1 << 30 });
}

export interface ReleaseServer {
  /** Value of the flag --source. */
  readonly source: string;
  /** Replaces what is served. */
  serve(served: Served): void;
  /** Cuts every answer off after half of its bytes, and resolves when it has done so once. */
  stall(): Promise<void>;
  /** Requests answered so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function serveReleases(): Promise<ReleaseServer> {
  let files: Served = new Map();
  let onHalf: (() => void) | undefined;
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    requests.push(path);
    const content = files.get(path);
    if (content === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': content.length });
    if (onHalf === undefined) return void response.end(content);
    response.write(content.subarray(0, content.length / 2), onHalf);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    source: `http://127.0.0.1:${port}`,
    serve(served) {
      files = served;
      onHalf = undefined;
    },
    stall: () => new Promise((resolve) => (onHalf = resolve)),
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

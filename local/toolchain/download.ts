/** Downloads releases and verifies their checksums. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';

const run = promisify(execFile);

/** An answer must begin within this time; the transfer may take longer while it makes progress. */
const CONNECT_TIMEOUT_MILLISECONDS = 3_000;
const STALL_TIMEOUT_MILLISECONDS = 20_000;

/** A file a project publishes, and the checksum published beside it. */
export interface Release {
  readonly url: string;
  /** Either the bare checksum, or lines of `<checksum>  <file name>`. */
  readonly checksumUrl: string;
  readonly algorithm: 'sha256' | 'sha512';
  /** Path of the program inside the tar.gz archive that `url` is; absent when `url` is the program itself. */
  readonly archiveMember?: string;
}

/** Hosts that did not answer; this process does not try them again. */
const unreachable = new Set<string>();

/**
 * Downloads the program of `release` to `target`, executable. Returns `false` if its host does not answer or does not
 * have the file, so that the caller can build the program instead.
 * @throws SandboxError TOOLCHAIN_CHECKSUM_MISMATCH; `target` then does not exist
 */
export async function download(
  release: Release,
  target: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { host } = new URL(release.url);
  if (unreachable.has(host)) return false;
  const file = `${target}.download`;
  try {
    const checksums = await fetchBody(release.checksumUrl, signal);
    const body = checksums && (await fetchBody(release.url, signal));
    if (!checksums || !body) return false;
    const expected = checksumFor(basename(release.url), await new Response(checksums).text());
    const actual = await save(body, file, release.algorithm);
    if (actual !== expected) throw mismatch(release, expected, actual);
    await unpack(file, target, release.archiveMember);
    return true;
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    signal?.throwIfAborted();
    unreachable.add(host);
    return false;
  } finally {
    await rm(file, { force: true });
  }
}

async function fetchBody(url: string, signal?: AbortSignal): Promise<ReadableStream | undefined> {
  const connect = new AbortController();
  const timer = setTimeout(() => connect.abort(), CONNECT_TIMEOUT_MILLISECONDS);
  try {
    const signals = signal ? [connect.signal, signal] : [connect.signal];
    const response = await fetch(url, { signal: AbortSignal.any(signals) });
    return response.ok ? (response.body ?? undefined) : undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Writes `body` to `file` and returns its checksum. */
async function save(body: ReadableStream, file: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), STALL_TIMEOUT_MILLISECONDS);
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const from = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(from, hashing, createWriteStream(file), { signal: stalled.signal });
  } finally {
    clearTimeout(timer);
  }
  return hash.digest('hex');
}

async function unpack(file: string, target: string, member: string | undefined): Promise<void> {
  if (member === undefined) {
    await chmod(file, 0o755);
    await rename(file, target);
    return;
  }
  const folder = `${target}.unpacked`;
  await mkdir(folder, { recursive: true });
  try {
    await run('tar', ['-xzf', file, '-C', folder, member]);
    await chmod(join(folder, member), 0o755);
    await rename(join(folder, member), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function checksumFor(file: string, text: string): string | undefined {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const named = lines.find(([, name]) => name?.replace(/^\*/, '') === file);
  return (named ?? lines.find((words) => words.length === 1))?.[0]?.toLowerCase();
}

function mismatch(release: Release, expected: string | undefined, actual: string): SandboxError {
  return new SandboxError(LOCAL_ERRORS.TOOLCHAIN_CHECKSUM_MISMATCH, [
    {
      path: release.url,
      reason: `its ${release.algorithm} is ${actual}, ${release.checksumUrl} says ${expected ?? 'nothing'}`,
      fix: 'check the proxy between this computer and that host, or set SECURE_AI_DOWNLOAD=off to build from source',
    },
  ]);
}

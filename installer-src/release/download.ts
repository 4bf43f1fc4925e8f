/** Downloads a file of a release to the staging directory, and keeps it only if its digest is the configured one. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import type { Disk } from '../host/disk';
import { PATHS } from '../host/layout';
import type { ReleaseFile } from './release';

/** A release is about 130 MiB (20260914.0); a longer answer is not a release. */
const MAX_BYTES = 1024 * 1024 * 1024;

/** Enough for a release over a slow connection. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * An existing file with the right digest is kept.
 * @throws SandboxError `GVISOR_DOWNLOAD_FAILED`, `GVISOR_DIGEST_MISMATCH`, or an error of the disk; the file is then removed
 */
export async function download(disk: Disk, file: ReleaseFile, stopped: AbortSignal): Promise<void> {
  stopped.throwIfAborted();
  const path = join(PATHS.downloads, file.name);
  if ((await disk.sha512(path)) === file.sha512) return;
  const hash = createHash('sha512');
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`took ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  const stop = () => abort.abort(new Error('the installer is stopping'));
  stopped.addEventListener('abort', stop);
  try {
    const body = await request(file.url, abort.signal);
    await disk.write(path, hashed(body, hash, file.url), 0o644);
    const sha512 = hash.digest('hex');
    if (sha512 !== file.sha512) throw mismatch(file, sha512);
  } catch (error) {
    await disk.removeFile(path);
    throw error;
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener('abort', stop);
  }
}

async function request(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    throw failed(url, `cannot be fetched: ${causeOf(error)}`, error);
  });
  if (!response.ok || response.body === null)
    throw failed(url, `the server answers ${response.status}`);
  return response.body;
}

async function* hashed(
  body: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
  url: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const pieces = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await pieces.next().catch((error: unknown) => {
      throw failed(url, `the transfer broke off: ${causeOf(error)}`, error);
    });
    if (next.done === true) return;
    bytes += next.value.length;
    if (bytes > MAX_BYTES) throw failed(url, `is larger than ${MAX_BYTES} bytes`);
    hash.update(next.value);
    yield next.value;
  }
}

/** fetch reports "fetch failed", with the reason only in its cause (undici). */
function causeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const said = cause instanceof Error ? cause : error;
  const { code, message } = said as { readonly code?: string; readonly message?: string };
  return code ?? message ?? String(said);
}

function failed(url: string, reason: string, cause?: unknown): SandboxError {
  return new SandboxError(
    INSTALLER_ERRORS.GVISOR_DOWNLOAD_FAILED,
    [
      {
        path: url,
        reason,
        fix: 'check version, source and network path (proxy, mirror, NetworkPolicy); the installer then continues by itself',
      },
    ],
    { cause },
  );
}

function mismatch(file: ReleaseFile, sha512: string): SandboxError {
  return new SandboxError(INSTALLER_ERRORS.GVISOR_DIGEST_MISMATCH, [
    {
      path: file.url,
      reason: `has SHA-512 ${short(sha512)}, not ${short(file.sha512)}`,
      fix: 'check which of the two is wrong before you change the digest: the file may have been tampered with',
    },
  ]);
}

function short(sha512: string): string {
  return `${sha512.slice(0, 16)}…`;
}

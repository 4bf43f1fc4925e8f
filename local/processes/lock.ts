/** A lock between processes that recovers from the death of its holder. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { waitFor } from '../../base/wait-until';
import { identify, isAlive, type ProcessIdentity } from './identity';

interface LockOptions {
  /** How long to wait for another holder. @default one hour, longer than any build takes */
  readonly timeoutMilliseconds?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holderPid: number) => void;
}

interface Holder extends ProcessIdentity {
  readonly id: string;
}

/**
 * Runs `body` while only this process holds the lock file at `path`. The file names its holder, so that a lock
 * of a killed holder is recognised and taken over. It is created atomically (a draft is written, then linked).
 * @throws SandboxError LOCAL_LOCKED at the timeout
 */
export async function withLock<T>(
  path: string,
  body: () => Promise<T>,
  { timeoutMilliseconds = 3_600_000, signal, onWait }: LockOptions = {},
): Promise<T> {
  const self = await identify(process.pid);
  if (self === undefined) throw new Error('this process cannot see itself in the process table');
  const holder: Holder = { ...self, id: randomUUID() };
  let reported = false;
  const report = (pid: number): void => {
    if (!reported) onWait?.(pid);
    reported = true;
  };
  const acquired = await waitFor(() => tryAcquire(path, holder, report), {
    timeoutMilliseconds,
    signal,
  });
  if (acquired === undefined) {
    throw new SandboxError(LOCAL_ERRORS.LOCAL_LOCKED, [
      {
        path,
        reason: `process ${(await readHolder(path))?.pid ?? 'unknown'} has held this lock for ${timeoutMilliseconds / 1000} s`,
        fix: 'wait for that process, or end it, and run the command again',
      },
    ]);
  }
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryAcquire(path: string, holder: Holder, onWait: (pid: number) => void) {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${holder.id}`;
  try {
    await writeFile(draft, JSON.stringify(holder));
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const current = await readHolder(path);
  if (current !== undefined && (await isAlive(current))) onWait(current.pid);
  else if (current !== undefined) await removeStale(path, current);
  return undefined;
}

/** Only one process at a time may remove a stale lock, else two could remove each other's new lock. */
async function removeStale(path: string, stale: Holder): Promise<void> {
  await withLock(`${path}.stale`, async () => {
    if ((await readHolder(path))?.id === stale.id) await rm(path, { force: true });
  });
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Holder);
}

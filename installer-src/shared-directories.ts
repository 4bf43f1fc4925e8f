/**
 * Messages between the two containers. Each direction has a directory that only its writer can write; the reader has it mounted
 * read-only. So only the writer creates files in its directory, and no link there can redirect it.
 * The reader trusts nothing: anything but a small regular file with a valid message counts as absent, and the log says why.
 */
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, type Log } from '../programs/telemetry/log';

/** Written by the installer after every pass. */
export interface InstallStatus {
  /** Whether the running containerd has the handler of this or an earlier installation. */
  readonly live: boolean;
}

/** Written by `label` after SIGTERM. */
export interface ShutdownDecision {
  readonly action: 'uninstall' | 'keep';
}

/** The last message, or undefined where none exists or it is invalid. Never rejects. */
export type Reader<T> = () => Promise<T | undefined>;

/** Maximum size of a message; real ones have fewer than thirty bytes. */
export const MESSAGE_CAP_BYTES = 1024;

const STATUS = 'status.json';
const SHUTDOWN_DECISION = 'shutdown-decision.json';

/** @throws Error where the directory cannot be written */
export const writeStatus = (directory: string, status: InstallStatus): Promise<void> =>
  write(join(directory, STATUS), status);

export const statusReader = (directory: string, log: Log): Reader<InstallStatus> =>
  reader(join(directory, STATUS), log, ({ live }) =>
    typeof live === 'boolean' ? { live } : undefined,
  );

/** @throws Error where the directory cannot be written */
export const writeShutdownDecision = (
  directory: string,
  decision: ShutdownDecision,
): Promise<void> => write(join(directory, SHUTDOWN_DECISION), decision);

/** Removes what an earlier container of the same pod wrote: the directory outlives it. @throws Error as `writeShutdownDecision` */
export const removeShutdownDecision = (directory: string): Promise<void> =>
  remove(join(directory, SHUTDOWN_DECISION));

export const shutdownDecisionReader = (directory: string, log: Log): Reader<ShutdownDecision> =>
  reader(join(directory, SHUTDOWN_DECISION), log, ({ action }) =>
    action === 'uninstall' || action === 'keep' ? { action } : undefined,
  );

/** Replaces the message atomically. The draft is a new file: one left by a kill, or a link of that name, is removed and not opened. */
async function write(path: string, message: object): Promise<void> {
  const draft = `${path}.new`;
  await remove(draft);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    // The reader is another user, and the umask may remove its read permission.
    await file.chmod(0o644);
    await file.writeFile(JSON.stringify(message));
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

/** Logs each fault once, until it changes: the reader is called several times a second. */
function reader<T>(
  path: string,
  log: Log,
  shape: (message: Readonly<Record<string, unknown>>) => T | undefined,
): Reader<T> {
  let logged: string | undefined;
  return async () => {
    try {
      const found = await read(path);
      const message = found === undefined ? undefined : shape(found);
      if (found !== undefined && message === undefined)
        throw new Error('it is not a valid message');
      logged = undefined;
      return message;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== logged) log.error({ path, reason }, 'a message is ignored');
      logged = reason;
      return undefined;
    }
  };
}

/**
 * Undefined where the file does not exist. Follows no link, and does not wait for a writer of a FIFO.
 * @throws Error with the reason why it is invalid
 */
async function read(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.nlink > 1) throw new Error('it has another name besides this one');
    const message: unknown = JSON.parse(await readCapped(file));
    if (typeof message !== 'object' || message === null) throw new Error('it is not an object');
    return message as Readonly<Record<string, unknown>>;
  } finally {
    await file.close();
  }
}

/** The size is counted while reading, because the file may grow after `stat`. */
async function readCapped(file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(MESSAGE_CAP_BYTES + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (length > MESSAGE_CAP_BYTES) throw new Error(`it has more than ${MESSAGE_CAP_BYTES} bytes`);
    if (bytesRead === 0) return buffer.toString('utf8', 0, length);
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

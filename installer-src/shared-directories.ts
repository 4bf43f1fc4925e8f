/**
 * What the two containers tell each other. There is one directory for each direction, which only its writer can write: it is mounted
 * read-only where it is read. So the writer alone makes what is in the directory it writes to, and no link there can lead it elsewhere.
 * The reader trusts nothing: what is not a small regular file with a message in it is no message, and a line in the log says why.
 */
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, type Log } from '../programs/telemetry/log';

/** Written by the installer after every pass. */
export interface InstallStatus {
  /** Whether the running containerd has our handler, of this or an earlier installation. */
  readonly live: boolean;
}

/** Written by the labeller when the pod is told to end. */
export interface ShutdownDecision {
  readonly action: 'uninstall' | 'keep';
}

/** The last message, or undefined where there is none, or none that can be read. Never rejects. */
export type Reader<T> = () => Promise<T | undefined>;

/** Bytes a message may have; ours have fewer than thirty. */
export const MESSAGE_CAP_BYTES = 1024;

const STATUS = 'status.json';
const FAREWELL = 'farewell.json';

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
  farewell: ShutdownDecision,
): Promise<void> => write(join(directory, FAREWELL), farewell);

/** Takes back what an earlier container of the same pod wrote: the directory outlives it. @throws Error as `writeShutdownDecision` */
export const withdrawFarewell = (directory: string): Promise<void> =>
  remove(join(directory, FAREWELL));

export const shutdownDecisionReader = (directory: string, log: Log): Reader<ShutdownDecision> =>
  reader(join(directory, FAREWELL), log, ({ action }) =>
    action === 'uninstall' || action === 'keep' ? { action } : undefined,
  );

/** Replaces the message whole. The draft is a new file: one that a kill left, or a link of that name, is removed and not opened. */
async function write(path: string, message: object): Promise<void> {
  const draft = `${path}.new`;
  await remove(draft);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    // The reader is another user, and the umask may say otherwise.
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

/** Says each fault once, until another takes its place: the reader is asked several times a second. */
function reader<T>(
  path: string,
  log: Log,
  shape: (message: Readonly<Record<string, unknown>>) => T | undefined,
): Reader<T> {
  let said: string | undefined;
  return async () => {
    try {
      const found = await read(path);
      const message = found === undefined ? undefined : shape(found);
      if (found !== undefined && message === undefined) throw new Error('it is not such a message');
      said = undefined;
      return message;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== said) log.error({ path, reason }, 'a message is taken as absent');
      said = reason;
      return undefined;
    }
  };
}

/**
 * Undefined where there is no such file. Opens no link, and waits for nobody at the other end of a FIFO.
 * @throws Error what is wrong with it
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

/** The size is counted while reading: the one that stat tells may be another by then. */
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

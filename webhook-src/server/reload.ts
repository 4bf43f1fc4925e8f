/**
 * Keeps a value equal to files on disk: reloads it when the files change, and keeps it if the new content is invalid.
 *
 * Polls the files with `stat`. `fs.watch` follows the original inode, so it reports nothing after the kubelet
 * swaps the `..data` link of a projected volume, and it does not work on every file system; a few `stat` calls every two seconds
 * always work, and the kubelet itself takes up to a minute to deliver a change.
 */
import { stat } from 'node:fs/promises';

export interface ReloadEvents<T> {
  /** A value was loaded and is in use from now on. */
  readonly loaded: (value: T) => void;
  /** The content on disk is invalid; reported once for each new reason. A value loaded before stays in use. */
  readonly failed: (error: unknown) => void;
}

export interface Reloader {
  /** Checks once; resolves when the new content is in use or refused. Never rejects. */
  check(): Promise<void>;
  /** Checks repeatedly until stopped. */
  start(intervalMs: number): void;
  stop(): void;
}

export function createReloader<T>(
  paths: readonly string[],
  load: () => Promise<T>,
  { loaded, failed }: ReloadEvents<T>,
): Reloader {
  let usedFingerprint: string | undefined;
  let failure: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function check(): Promise<void> {
    // Taken before reading: the next check sees a change made during the read.
    const fingerprint = (await Promise.all(paths.map(fingerprintOf))).join(' ');
    if (fingerprint === usedFingerprint && failure === undefined) return;
    try {
      loaded(await load());
      usedFingerprint = fingerprint;
      failure = undefined;
    } catch (error) {
      // Not recorded as seen: a certificate that is not valid yet becomes valid without a change on disk.
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== failure) failed(error);
      failure = reason;
    }
  }

  function schedule(intervalMs: number): void {
    timer = setTimeout(() => {
      void check().then(() => {
        if (!stopped) schedule(intervalMs);
      });
    }, intervalMs);
  }

  return {
    check,
    start: schedule,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Changes when the path leads to another file or the file was written to. */
async function fingerprintOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch {
    return 'absent';
  }
}

/**
 * Keeps a value equal to files on disk: reloaded when the files change, kept when the new content is unusable.
 *
 * Files are looked at with `stat` at an interval. `fs.watch` follows the inode it was given, so it goes silent after the kubelet
 * swaps the `..data` link of a projected volume, and it does not work on every file system; a few `stat` calls every two seconds
 * always do, and the kubelet itself takes up to a minute to bring a change.
 */
import { stat } from 'node:fs/promises';

export interface ReloadEvents<T> {
  /** A value was loaded and is to be used from now on. */
  readonly loaded: (value: T) => void;
  /** What is on disk cannot be used; reported once for each new reason. A value loaded before stays in use. */
  readonly failed: (error: unknown) => void;
}

export interface Reloader {
  /** Looks once; resolves when what it found is in use or refused. Never rejects. */
  check(): Promise<void>;
  /** Looks again and again until stopped. */
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
    // Taken before reading: a change while the files are read is seen at the next look.
    const fingerprint = (await Promise.all(paths.map(fingerprintOf))).join(' ');
    if (fingerprint === usedFingerprint && failure === undefined) return;
    try {
      loaded(await load());
      usedFingerprint = fingerprint;
      failure = undefined;
    } catch (error) {
      // Not remembered as seen: a certificate that is not valid yet becomes valid without a change on disk.
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

/** Changes whenever the file behind the path is another one or was written to. */
async function fingerprintOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch {
    return 'absent';
  }
}

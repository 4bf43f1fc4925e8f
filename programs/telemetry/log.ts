/** JSON logs on standard output: one line an event, never a secret, an environment value or a whole object. */
import pino from 'pino';

/**
 * Bytes of log lines buffered while standard output does not accept them; further lines are dropped and counted.
 * A stalled reader must neither stall admission nor grow the process without bound.
 */
const LOG_BUFFER_BYTES = 4 * 1024 * 1024;

export type Log = pino.Logger;

/**
 * Lines are buffered and written together: one write for each would cost as much as the review it reports.
 * A killed process loses at most what it logged in this time.
 */
const GATHER_BYTES = 8 * 1024;
const GATHER_MS = 100;

/**
 * A logger named `name`. At exit the buffer is flushed (pino registers that for destinations that are not synchronous; pino 10,
 * lib/tools.js, buildSafeSonicBoom).
 */
export function createLog(name: string, onDrop: () => void): Log {
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: GATHER_BYTES,
    maxLength: LOG_BUFFER_BYTES,
  });
  destination.on('drop', onDrop);
  setInterval(() => destination.flush(), GATHER_MS).unref();
  return pino(
    {
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** `text` cut to `limit` UTF-16 units, for values a caller chooses. */
export function bounded(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** What a log line reports of an error: only its message if the error is expected, truncated. */
export function reasonOf(error: unknown): string {
  return bounded(error instanceof Error ? error.message : String(error), 1024);
}

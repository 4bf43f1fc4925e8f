/** Polls a condition until it holds or a deadline passes, and then reports what was last seen. */
import { setTimeout as pause } from 'node:timers/promises';

/** What a poll saw instead of the condition. */
export class NotYet {
  readonly seen: string;

  constructor(seen: unknown) {
    this.seen = typeof seen === 'string' ? seen : (JSON.stringify(seen) ?? 'nothing');
  }
}

/** Whether a condition holds, or what was seen instead. */
export type Observation = true | NotYet;

export interface WaitOptions {
  readonly deadlineSeconds: number;
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
  /** Called when what is seen changes. */
  readonly onSeen?: (seen: string) => void;
  /** The pauses between polls grow from 50 ms up to this. @default 1000 */
  readonly longestPauseMilliseconds?: number;
}

/** The condition did not hold before the deadline. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';

  constructor(
    readonly seen: string,
    readonly deadlineSeconds: number,
  ) {
    super(`not within ${deadlineSeconds} s; last seen: ${seen}`);
  }
}

const FIRST_PAUSE_MILLISECONDS = 50;

/**
 * Polls at once, then less and less often. An error whose `transient` is true, such as that of an API server
 * that cannot answer now, counts as "not yet"; any other error ends the wait.
 *
 * @returns the first result of a poll that is not `NotYet`
 * @throws DeadlineError when the deadline passes
 * @throws the signal's reason when it is aborted
 */
export async function waitUntil<T>(
  look: () => T | NotYet | Promise<T | NotYet>,
  { deadlineSeconds, signal, onSeen, longestPauseMilliseconds = 1_000 }: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + deadlineSeconds * 1_000;
  let last = '';
  let milliseconds = Math.min(FIRST_PAUSE_MILLISECONDS, longestPauseMilliseconds);
  for (;;) {
    signal?.throwIfAborted();
    const observed = await tolerant(look);
    if (!(observed instanceof NotYet)) return observed;
    if (observed.seen !== last) onSeen?.(observed.seen);
    last = observed.seen;
    if (Date.now() + milliseconds > deadline) throw new DeadlineError(last, deadlineSeconds);
    // The signal's own reason is thrown above; the pause only ends early.
    await pause(milliseconds, undefined, signal && { signal }).catch(() => undefined);
    milliseconds = Math.min(milliseconds * 1.5, longestPauseMilliseconds);
  }
}

/** `waitUntil` for a condition that is `undefined` while it does not hold. The result is `undefined` when the deadline passes. */
export async function waitFor<T>(
  condition: () => T | undefined | Promise<T | undefined>,
  {
    timeoutMilliseconds,
    intervalMilliseconds = 50,
    signal,
  }: {
    readonly timeoutMilliseconds: number;
    /** @default 50 */
    readonly intervalMilliseconds?: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<T | undefined> {
  try {
    return await waitUntil(async () => (await condition()) ?? new NotYet('nothing'), {
      deadlineSeconds: timeoutMilliseconds / 1_000,
      longestPauseMilliseconds: intervalMilliseconds,
      signal,
    });
  } catch (error) {
    if (error instanceof DeadlineError) return undefined;
    throw error;
  }
}

async function tolerant<T>(look: () => T | NotYet | Promise<T | NotYet>): Promise<T | NotYet> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Error && 'transient' in error && error.transient === true)
      return new NotYet(error.message);
    throw error;
  }
}

/** Waiting for a condition: asked again until it holds, with a deadline, saying what was last seen when it never did. */
import { setTimeout as pause } from 'node:timers/promises';
import { ApiError } from './api';

/** What a look at the world showed: that the condition holds, or what was there instead. */
export type Observation = { readonly done: true } | { readonly done: false; readonly seen: string };

export const DONE: Observation = { done: true };

export function notYet(seen: string): Observation {
  return { done: false, seen };
}

export interface WaitOptions {
  readonly deadlineSeconds: number;
  /** Ends the wait early. */
  readonly signal?: AbortSignal;
  /** Called whenever what is seen changes. */
  readonly onSeen?: (seen: string) => void;
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

const FIRST_INTERVAL_MS = 50;
const LONGEST_INTERVAL_MS = 1_000;

/**
 * Looks at once, then ever less often, at least every second. A look that fails because the API server cannot answer just
 * now counts as "not yet"; any other error ends the wait.
 *
 * @throws DeadlineError when the deadline passes
 * @throws the signal's reason when it is aborted
 */
export async function waitUntil(
  look: () => Promise<Observation>,
  { deadlineSeconds, signal, onSeen }: WaitOptions,
): Promise<void> {
  const deadline = Date.now() + deadlineSeconds * 1_000;
  let last = '';
  for (
    let interval = FIRST_INTERVAL_MS;
    ;
    interval = Math.min(interval * 1.5, LONGEST_INTERVAL_MS)
  ) {
    signal?.throwIfAborted();
    const observation = await tolerant(look);
    if (observation.done) return;
    if (observation.seen !== last) onSeen?.(observation.seen);
    last = observation.seen;
    if (Date.now() + interval > deadline) throw new DeadlineError(last, deadlineSeconds);
    // The signal's own reason is thrown above; the pause only ends early.
    await pause(interval, undefined, signal && { signal }).catch(() => undefined);
  }
}

async function tolerant(look: () => Promise<Observation>): Promise<Observation> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ApiError && error.transient) return notYet(error.message);
    throw error;
  }
}

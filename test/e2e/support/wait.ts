import { DeadlineError, DONE, notYet, waitUntil } from '../../../kubernetes/wait-until';

/** Far beyond what anything here takes on an idle computer. */
const DEADLINE_SECONDS = 180;

/** What a look gives while what is awaited is not there: what is there instead. */
export class NotYet {
  readonly seen: string;

  constructor(seen: unknown) {
    this.seen = typeof seen === 'string' ? seen : (JSON.stringify(seen) ?? 'nothing');
  }
}

/**
 * Looks until it gives something.
 *
 * @param what is awaited, for the error of a wait that never ended
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | NotYet> | T | NotYet,
): Promise<T> {
  let found: T | undefined;
  const observe = async () => {
    const seen = await look();
    if (seen instanceof NotYet) return notYet(seen.seen);
    found = seen;
    return DONE;
  };
  try {
    await waitUntil(observe, { deadlineSeconds: DEADLINE_SECONDS });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw new Error(`${what}: ${error.message}`, { cause: error });
  }
  return found as T;
}

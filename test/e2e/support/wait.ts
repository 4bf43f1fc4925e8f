/** Waiting in tests, with one deadline for all of them and an error that says what was awaited. */
import { DeadlineError, waitUntil, type NotYet } from '../../../base/wait-until';

export { NotYet } from '../../../base/wait-until';

/** Far beyond what anything here takes on an idle computer. */
const DEADLINE_SECONDS = 180;

/**
 * Looks until it gives something.
 *
 * @param what is awaited, for the error of a wait that never ended
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | NotYet> | T | NotYet,
): Promise<T> {
  try {
    return await waitUntil(look, { deadlineSeconds: DEADLINE_SECONDS });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw new Error(`${what}: ${error.message}`, { cause: error });
  }
}

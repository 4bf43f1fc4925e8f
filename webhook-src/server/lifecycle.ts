/**
 * How a replica terminates without losing a review.
 *
 * An API server keeps using its connections to a terminating pod (kubernetes#127335), and a POST on a connection that
 * closes meanwhile fails and is not sent again. So connections must end after an answer, not be cut:
 *
 * 1. `draining`, from SIGTERM for the whole grace: /readyz answers 503, so that the endpoint is removed; every review is answered
 *    as usual, but with `Connection: close`, so that each connection in use moves to another replica after an answer. Refusing here
 *    with 503 would only make each client wait for its Retry-After, although this replica can answer at once.
 * 2. `stopping`: by now new connections go elsewhere, and the open ones have been idle for the whole grace. Listening ends,
 *    idle connections are closed, and a review that crosses that on the wire gets `503`, `Retry-After: 1`, `Connection: close`: the
 *    one answer after which client-go asks again by itself (rest/with_retry.go; tried with an API server 1.36.3).
 * 3. The process ends with 0 when the last connection is gone, or at the deadline with the rest cut.
 */
import type { Server } from 'node:https';
import type { Phase } from './listener';

/** Time for reviews under way after the grace. Answers take milliseconds; clients wait 30 s at most but 3 s as configured. */
const STOPPING_DEADLINE_MS = 5_000;

export interface DrainSteps {
  readonly graceMs: number;
  readonly enter: (phase: Phase) => void;
}

/** Leads an open server through the phases; resolves when nothing is open any more. */
export async function drain(server: Server, { graceMs, enter }: DrainSteps): Promise<void> {
  enter('draining');
  await new Promise((resolve) => setTimeout(resolve, graceMs));
  enter('stopping');
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), STOPPING_DEADLINE_MS);
    // Closes idle connections too (nodejs lib/_http_server.js, Server.prototype.close, since 19).
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
  });
}

/** The error codes that `webhook-src/` throws. */
import { errorTable } from '../base/errors';

export const WEBHOOK_ERRORS = errorTable({
  POD_TOO_LARGE: {
    exit: 1,
    summary: 'The review of a pod exceeds a limit of the mutating webhook.',
  },
});

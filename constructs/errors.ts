/** The error codes that `constructs/` throws. */
import { errorTable } from '../base/errors';

export const CONSTRUCTS_ERRORS = errorTable({
  CONFIG_INVALID: {
    exit: 2,
    summary: 'The sandbox configuration does not have the required form.',
  },
});

/** The error codes that `node-check/` throws. */
import { errorTable } from '../base/errors';

export const NODE_CHECK_ERRORS = errorTable({
  HOST_UNREADABLE: { exit: 3, summary: 'A directory is not the root of a Linux host.' },
});

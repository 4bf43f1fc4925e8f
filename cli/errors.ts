/** The error codes that `cli/` throws. */
import { errorTable } from '../base/errors';

export const CLI_ERRORS = errorTable({
  MANIFEST_INVALID: { exit: 2, summary: 'A manifest to explain cannot be read or holds no pod.' },
});

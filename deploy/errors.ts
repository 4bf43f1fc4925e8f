/** The error codes that `deploy/` throws. */
import { errorTable } from '../base/errors';

export const DEPLOY_ERRORS = errorTable({
  PLAN_INVALID: { exit: 2, summary: 'The objects to deploy cannot be put in an order.' },
  DEPLOY_INCOMPLETE: {
    exit: 3,
    summary: 'Some objects were not deployed, or did not become ready in time.',
  },
  REMOVE_INCOMPLETE: { exit: 3, summary: 'Some objects were not deleted.' },
});

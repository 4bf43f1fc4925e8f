/** The error codes that `policy/` throws. */
import { errorTable } from '../base/errors';

export const POLICY_ERRORS = errorTable({
  POLICY_INVALID: {
    exit: 2,
    summary: 'The policy does not have the shape or meaning a policy needs.',
  },
  POLICY_TOO_LARGE: {
    exit: 2,
    summary: 'The policy has more rules than an engine can store or evaluate.',
  },
  RUNTIME_CLASSES_INVALID: {
    exit: 2,
    summary: 'The list of RuntimeClasses for the mutating webhook is invalid.',
  },
});

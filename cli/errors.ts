/** The error codes that `cli/` throws. */
import { errorTable } from '../base/errors';

export const CLI_ERRORS = errorTable({
  LINTS_FOUND: {
    exit: 1,
    summary: '`secure-ai synth --strict` finds lints in the policy; docs/policy.md lists them.',
  },
  MANIFEST_INVALID: { exit: 2, summary: 'A manifest to explain cannot be read or holds no pod.' },
});

/** The error codes that `infra/` throws. */
import { errorTable } from '../base/errors';

export const INFRA_ERRORS = errorTable({
  STACK_INVALID: {
    exit: 2,
    summary: 'The configuration of a Pulumi stack cannot be read, or cannot work.',
  },
  CHART_HOLDS_OUTPUT: {
    exit: 2,
    summary: 'A chart holds a value that Pulumi learns only while it deploys.',
  },
  CLOUD_SDK_MISSING: {
    exit: 3,
    summary: 'The Pulumi SDK of the cloud that a stack chooses is not installed.',
  },
});

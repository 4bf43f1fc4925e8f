/** The error codes that `kubernetes/` throws. */
import { errorTable } from '../base/errors';

export const KUBERNETES_ERRORS = errorTable({
  KUBECONFIG_INVALID: { exit: 3, summary: 'The kubeconfig names no usable cluster.' },
  CLUSTER_UNREACHABLE: {
    exit: 3,
    summary: 'The API server does not answer, or refuses these credentials.',
  },
});

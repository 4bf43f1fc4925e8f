/** Whether the API server answers, and the error of a command when it does not. */
import { SandboxError } from '../base/errors';
import { KUBERNETES_ERRORS } from './errors';
import { ApiError, type KubernetesApi } from './api';

/**
 * Asks the server for its version, which any authenticated user may read (ClusterRole system:public-info-viewer).
 *
 * @returns such as `v1.36.3`
 * @throws SandboxError CLUSTER_UNREACHABLE when it does not answer, or not with a version
 */
export async function assertReachable(api: KubernetesApi): Promise<string> {
  try {
    return await api.version();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw unreachable(api.server, error);
  }
}

/** The error of a command that cannot continue because of the server's answer, or for lack of one. */
export function unreachable(path: string, error: ApiError): SandboxError {
  return new SandboxError(
    KUBERNETES_ERRORS.CLUSTER_UNREACHABLE,
    [
      {
        path,
        reason: error.message,
        fix: 'start the cluster (`secure-ai up`), or name another cluster with --kubeconfig and --context',
      },
    ],
    { cause: error },
  );
}

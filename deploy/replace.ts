/** Applies one object, retrying as needed, and replaces it if an immutable field has changed. */
import { ApiError, type Applied, type KubernetesApi } from '../kubernetes/api';
import { objectId, referenceOf, type KubernetesObject } from '../kubernetes/object';
import { NotYet, waitUntil, type WaitOptions } from '../base/wait-until';

/** How to observe and end the attempts. */
export type Attempts = Pick<WaitOptions, 'signal' | 'onSeen'>;

/**
 * Kinds with immutable fields that no running workload depends on: a pod keeps the handler and overhead it was created with,
 * and permissions are back before a controller tries again. `kubectl auth reconcile` replaces bindings for the same reason.
 */
const REPLACEABLE = new Set(['RuntimeClass', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap']);

/** A restarting API server or webhook is back well within this. */
const APPLY_DEADLINE_SECONDS = 60;

/**
 * @throws DeadlineError when the server cannot accept it for a minute
 * @throws ApiError when the server refuses it
 */
export async function applyOrReplace(
  api: KubernetesApi,
  manifest: KubernetesObject,
  attempts: Attempts = {},
): Promise<Applied> {
  try {
    return await applyPatiently(api, manifest, attempts);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.immutable) throw error;
    if (!REPLACEABLE.has(manifest.kind)) throw unchangeable(manifest, error);
    await api.delete(referenceOf(manifest));
    return { ...(await applyPatiently(api, manifest, attempts)), outcome: 'configured' };
  }
}

async function applyPatiently(
  api: KubernetesApi,
  manifest: KubernetesObject,
  attempts: Attempts,
): Promise<Applied> {
  return waitUntil(
    async () => {
      try {
        return await api.apply(manifest);
      } catch (error) {
        // Several API servers discover a new kind or namespace one after the other.
        if (error instanceof ApiError && error.status === 404) return new NotYet(error.message);
        throw error;
      }
    },
    { ...attempts, deadlineSeconds: APPLY_DEADLINE_SECONDS },
  );
}

function unchangeable(manifest: KubernetesObject, error: ApiError): ApiError {
  const id = objectId(referenceOf(manifest));
  const message = `${error.message}; ${id} must be deleted before it can be applied in this form`;
  return new ApiError(error.status, error.reason, message, { cause: error });
}

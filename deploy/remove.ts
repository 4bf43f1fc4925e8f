/** Removes the platform from a cluster. */
import { refuse, type Problem } from '../base/errors';
import { DEPLOY_ERRORS } from './errors';
import { deleteRecord, membersOf, recordedExtent } from './apply-set';
import type { KubernetesApi } from '../kubernetes/api';
import { assertReachable } from '../kubernetes/reachable';
import { prune, type Pruned, type PruneOptions } from './prune';

/**
 * Deletes every object of a deployment, in a safe order. Namespaces and CRDs that
 * hold objects of other owners are kept. Safe to run again.
 *
 * @throws SandboxError CLUSTER_UNREACHABLE; REMOVE_INCOMPLETE naming each object that could not be deleted
 */
export async function remove(api: KubernetesApi, options: PruneOptions = {}): Promise<Pruned> {
  await assertReachable(api);
  const { kinds } = await recordedExtent(api);
  const pruned = await prune(api, await membersOf(api, kinds), options);
  const problems = pruned.failed.map(({ id, reason }): Problem => ({
    path: id,
    reason,
    fix: 'remove what keeps it from being deleted, and run the same command again',
  }));
  refuse(DEPLOY_ERRORS.REMOVE_INCOMPLETE, problems);
  // Kept objects stay members, so that a later removal finds them.
  if (pruned.kept.length === 0) await deleteRecord(api);
  return pruned;
}

/** Decides, when the pod ends, whether gVisor is uninstalled: whether the DaemonSet still wants a pod on this node. */
import type { Api } from '../../programs/in-cluster-api';
import type { ShutdownDecision } from '../shared-directories';
import { getNode } from './node';
import { selectionOf, type PlacedPod } from './node-selection';

export interface DaemonSetName {
  readonly namespace: string;
  readonly name: string;
}

/** The fields of a DaemonSet (apps/v1) that are read. */
interface DaemonSet {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: { readonly template: { readonly spec: PlacedPod } };
}

/**
 * `uninstall` where the DaemonSet is deleted or no longer selects the node; `keep` for an update, an eviction, a reboot.
 * kata-deploy 4.1.0 decides the same way. A node selection that this installer does not understand counts as `keep`.
 * @throws ApiError, which must count as `keep`: the access may be deleted together with everything else, or the API server be unreachable
 */
export async function decideShutdown(
  api: Api,
  { namespace, name }: DaemonSetName,
  node: string,
): Promise<ShutdownDecision['action']> {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`;
  const daemonSet = (await api.get(path)) as DaemonSet | undefined;
  if (daemonSet === undefined || daemonSet.metadata.deletionTimestamp !== undefined)
    return 'uninstall';
  const { labels = {} } = (await getNode(api, node)).metadata;
  const selection = selectionOf(daemonSet.spec.template.spec, labels);
  return selection === 'not selected' ? 'uninstall' : 'keep';
}

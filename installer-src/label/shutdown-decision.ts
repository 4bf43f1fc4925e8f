/** Why the pod ends: the DaemonSet no longer wants gVisor on this node, or it only wants another pod there. */
import type { Api } from '../../programs/in-cluster-api';
import type { ShutdownDecision } from '../shared-directories';
import { getNode } from './node';

export interface DaemonSetName {
  readonly namespace: string;
  readonly name: string;
}

/** As much of a DaemonSet (apps/v1) as is read. */
interface DaemonSet {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: {
    readonly template: {
      readonly spec: { readonly nodeSelector?: Readonly<Record<string, string>> };
    };
  };
}

/**
 * `uninstall` where the DaemonSet is gone or going, or selects the node no longer; `keep` for an update, an eviction, a reboot.
 * kata-deploy 4.1.0 decides the same way.
 * @throws ApiError, which must be taken for `keep`: access may have been deleted together with everything else, or the API server be away
 */
export async function decideFarewell(
  api: Api,
  { namespace, name }: DaemonSetName,
  node: string,
): Promise<ShutdownDecision['action']> {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`;
  const daemonSet = (await api.get(path)) as DaemonSet | undefined;
  if (daemonSet === undefined || daemonSet.metadata.deletionTimestamp !== undefined)
    return 'uninstall';
  const { labels = {} } = (await getNode(api, node)).metadata;
  const selector = Object.entries(daemonSet.spec.template.spec.nodeSelector ?? {});
  return selector.every(([key, value]) => labels[key] === value) ? 'keep' : 'uninstall';
}

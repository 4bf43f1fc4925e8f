import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** Priority class of pods a node cannot do without (kubernetes.io, "Guaranteed Scheduling For Critical Add-On Pods"). */
export const NODE_CRITICAL = 'system-node-critical';

/** More than any cluster has nodes (kubernetes.io, "Considerations for large clusters": 5000). */
const UNLIMITED_PODS = '1G';

/**
 * Lets pods of a critical priority class into the namespace: some clusters, GKE among them, admit them outside kube-system only
 * where a quota speaks of the class (kubernetes.io, "Limit Priority Class consumption by default").
 */
export function nodeCriticalPodsQuota(scope: Construct, metadata: k8s.ObjectMeta): ApiObject {
  return new k8s.KubeResourceQuota(scope, 'NodeCriticalPodsQuota', {
    metadata,
    spec: {
      hard: { pods: k8s.Quantity.fromString(UNLIMITED_PODS) },
      scopeSelector: {
        matchExpressions: [{ operator: 'In', scopeName: 'PriorityClass', values: [NODE_CRITICAL] }],
      },
    },
  });
}

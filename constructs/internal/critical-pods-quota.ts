/** Priority classes of the system, and the quotas that admit or deny pods of them. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** Priority class of pods a node cannot do without (kubernetes.io, "Guaranteed Scheduling For Critical Add-On Pods"). */
export const NODE_CRITICAL = 'system-node-critical';

/** Priority class of pods a cluster cannot do without. The API server creates both classes. */
export const CLUSTER_CRITICAL = 'system-cluster-critical';

/** Pods of these classes preempt any other pod if resources are short. No other PriorityClass may exceed 1,000,000,000. */
export const SYSTEM_PRIORITY_CLASSES = [CLUSTER_CRITICAL, NODE_CRITICAL];

/** More than any cluster has nodes (kubernetes.io, "Considerations for large clusters": 5000). */
const UNLIMITED_PODS = '1G';

/** Maximum number of pods of these priority classes in a namespace. Pods of other classes do not count. */
export function podsOfPriority(classes: string[], pods: string): k8s.ResourceQuotaSpec {
  return {
    hard: { pods: k8s.Quantity.fromString(pods) },
    scopeSelector: {
      matchExpressions: [{ operator: 'In', scopeName: 'PriorityClass', values: classes }],
    },
  };
}

/**
 * Admits pods of a critical priority class to the namespace: some clusters, GKE among them, admit them outside kube-system only
 * if a quota names the class (kubernetes.io, "Limit Priority Class consumption by default").
 */
export function nodeCriticalPodsQuota(scope: Construct, metadata: k8s.ObjectMeta): ApiObject {
  return new k8s.KubeResourceQuota(scope, 'NodeCriticalPodsQuota', {
    metadata,
    spec: podsOfPriority([NODE_CRITICAL], UNLIMITED_PODS),
  });
}

import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NAMESPACES } from '../../../policy/names';
import {
  CLUSTER_ROLE,
  CLUSTER_ROLE_BINDING,
  clusterMetadata,
  namespacedMetadata,
  SERVICE_ACCOUNT,
} from './names';

/**
 * What the installer may do: upstream's rules (kata-containers 4.1.0, kata-deploy/templates/kata-rbac.yaml) without
 * `get nodes/proxy`. That one is a way into every container of the cluster (kubernetes.io, "RBAC Good Practices", Access to
 * proxy subresource of Nodes), and all it is for is a line in the log about the kubelet's runtimeRequestTimeout when guests
 * pull images themselves; kata-deploy goes on without (binary/src/main.rs, `validate_kubelet_runtime_request_timeout`).
 *
 * Nothing about RuntimeClasses: since 4.0 the chart makes them (`runtimeClasses.enabled`), no longer the program, and here
 * that is `RuntimeClasses`.
 */
const RULES: k8s.PolicyRule[] = [
  // Its labels and startup taints. RBAC cannot narrow this to the node a pod runs on.
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] },
  // At its end: is this an update or the removal, and does another installation need the node?
  { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get', 'list', 'watch'] },
];

/** ServiceAccount, ClusterRole and ClusterRoleBinding of the installer. */
export function accessObjects(scope: Construct): ApiObject[] {
  return [
    new k8s.KubeServiceAccount(scope, 'ServiceAccount', {
      metadata: namespacedMetadata(SERVICE_ACCOUNT),
    }),
    new k8s.KubeClusterRole(scope, 'ClusterRole', {
      metadata: clusterMetadata(CLUSTER_ROLE),
      rules: RULES,
    }),
    new k8s.KubeClusterRoleBinding(scope, 'ClusterRoleBinding', {
      metadata: clusterMetadata(CLUSTER_ROLE_BINDING),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: CLUSTER_ROLE },
      subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: NAMESPACES.kata }],
    }),
  ];
}

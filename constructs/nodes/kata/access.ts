/** The permissions of kata-deploy. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { platformMetadata } from '../../internal/labels';
import { ownNodePolicy } from '../own-node-policy';
import { KATA_NODE_LABEL } from '../scheduling';
import { CLUSTER_ROLE, CLUSTER_ROLE_BINDING, INSTALLER, NAMESPACE, SERVICE_ACCOUNT } from './names';
import type { KataNodesSettings } from './settings';

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
  // Its labels and startup taints. RBAC cannot narrow this to the node a pod runs on; the policy below does.
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] },
  // At its end: is this an update or the removal, and does another installation need the node?
  { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get', 'list', 'watch'] },
];

/**
 * Labels kata-deploy 4.1.0 writes: the one RuntimeClasses select, and the mark of the installation, which without
 * `MULTI_INSTALL_SUFFIX` is `default` (binary/src/main.rs, `KATA_RUNTIME_LABEL` and `instance_label`).
 */
const LABELS = [KATA_NODE_LABEL, 'kata-deploy.katacontainers.io/default'];

/**
 * ServiceAccount, ClusterRole, ClusterRoleBinding, and the policy that confines the account to its own node.
 *
 * One request of kata-deploy's can meet the policy by accident: it sends all labels it has read with the one it sets
 * (binary/src/k8s/client.rs, `label_node`), so where another label has changed in between it would put the old value back. That is
 * refused, and kata-deploy tries again after its restart.
 */
export function accessObjects(
  scope: Construct,
  { startupTaints }: Pick<KataNodesSettings, 'startupTaints'>,
): ApiObject[] {
  return [
    new k8s.KubeServiceAccount(scope, 'ServiceAccount', {
      metadata: platformMetadata(SERVICE_ACCOUNT, { namespace: NAMESPACE }),
    }),
    new k8s.KubeClusterRole(scope, 'ClusterRole', {
      metadata: platformMetadata(CLUSTER_ROLE),
      rules: RULES,
    }),
    new k8s.KubeClusterRoleBinding(scope, 'ClusterRoleBinding', {
      metadata: platformMetadata(CLUSTER_ROLE_BINDING),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: CLUSTER_ROLE },
      subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: NAMESPACE }],
    }),
    ...ownNodePolicy(scope, {
      metadata: platformMetadata(INSTALLER),
      who: 'kata-deploy',
      serviceAccount: { namespace: NAMESPACE, name: SERVICE_ACCOUNT },
      labels: LABELS,
      startupTaints,
    }),
  ];
}

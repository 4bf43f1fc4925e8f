/** What the labelling container may do: its own node's label and startup taint, and reading its own DaemonSet. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NAMESPACES } from '../../../base/names';
import { CLUSTER_SCOPED, INSTALLER, NAMESPACED } from './names';
import { ownNodePolicy } from '../own-node-policy';
import { GVISOR_NODE_LABEL, GVISOR_STARTUP_TAINT } from '../scheduling';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Has to be there before the installer's pods, and until the last of them has ended. */
export function accessObjects(scope: Construct): ApiObject[] {
  const subjects = [{ kind: 'ServiceAccount', name: INSTALLER, namespace: NAMESPACES.gvisor }];
  const roleRef = (kind: string) => ({ apiGroup: RBAC_GROUP, kind, name: INSTALLER });
  return [
    new k8s.KubeServiceAccount(scope, 'ServiceAccount', {
      metadata: NAMESPACED,
      automountServiceAccountToken: false,
    }),
    new k8s.KubeClusterRole(scope, 'ClusterRole', {
      metadata: CLUSTER_SCOPED,
      // RBAC cannot narrow this to the node a pod runs on; the policy below does.
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] }],
    }),
    new k8s.KubeClusterRoleBinding(scope, 'ClusterRoleBinding', {
      metadata: CLUSTER_SCOPED,
      roleRef: roleRef('ClusterRole'),
      subjects,
    }),
    new k8s.KubeRole(scope, 'Role', {
      metadata: NAMESPACED,
      rules: [
        {
          apiGroups: ['apps'],
          resources: ['daemonsets'],
          resourceNames: [INSTALLER],
          verbs: ['get'],
        },
      ],
    }),
    new k8s.KubeRoleBinding(scope, 'RoleBinding', {
      metadata: NAMESPACED,
      roleRef: roleRef('Role'),
      subjects,
    }),
    ...ownNodePolicy(scope, {
      metadata: CLUSTER_SCOPED,
      who: 'the gVisor installer',
      serviceAccount: { namespace: NAMESPACES.gvisor, name: INSTALLER },
      labels: [GVISOR_NODE_LABEL],
      startupTaints: [{ key: GVISOR_STARTUP_TAINT }],
    }),
  ];
}

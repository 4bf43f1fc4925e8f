/** What the labelling container may do: its own node's label and startup taint, and reading its own DaemonSet. */
import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NAMESPACES } from '../../policy/names';
import { clusterMetadata, INSTALLER, namespacedMetadata } from './gvisor-names';
import { GVISOR_NODE_LABEL, GVISOR_STARTUP_TAINT } from './scheduling';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/** Has to be there before the installer's pods, and until the last of them has ended. */
export function accessObjects(scope: Construct): ApiObject[] {
  const subjects = [{ kind: 'ServiceAccount', name: INSTALLER, namespace: NAMESPACES.gvisor }];
  const roleRef = (kind: string) => ({ apiGroup: RBAC_GROUP, kind, name: INSTALLER });
  return [
    new k8s.KubeServiceAccount(scope, 'ServiceAccount', {
      metadata: namespacedMetadata,
      automountServiceAccountToken: false,
    }),
    new k8s.KubeClusterRole(scope, 'ClusterRole', {
      metadata: clusterMetadata,
      // RBAC cannot narrow this to the node a pod runs on; the policy below does.
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] }],
    }),
    new k8s.KubeClusterRoleBinding(scope, 'ClusterRoleBinding', {
      metadata: clusterMetadata,
      roleRef: roleRef('ClusterRole'),
      subjects,
    }),
    new k8s.KubeRole(scope, 'Role', {
      metadata: namespacedMetadata,
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
      metadata: namespacedMetadata,
      roleRef: roleRef('Role'),
      subjects,
    }),
    ...ownNodePolicy(scope),
  ];
}

/**
 * Confines the account to the node its pod runs on, and there to one label and one taint. The API server puts the node's name into
 * what it knows of a token that is bound to a pod (KEP-4193, GA in 1.32; before, every write of the account is refused).
 */
function ownNodePolicy(scope: Construct): ApiObject[] {
  const labels = (object: string) => `${object}.metadata.?labels.orValue({})`;
  const taints = (object: string) => `${object}.spec.?taints.orValue([])`;
  const validations = [
    {
      expression: `request.userInfo.extra[?'authentication.kubernetes.io/node-name'].orValue([]) == [object.metadata.name]`,
      message: 'the gVisor installer may change only the node it runs on',
    },
    {
      expression: [
        `${labels('object')}.all(k, k == '${GVISOR_NODE_LABEL}' || ${labels('oldObject')}[?k] == ${labels('object')}[?k])`,
        `${labels('oldObject')}.all(k, k == '${GVISOR_NODE_LABEL}' || k in ${labels('object')})`,
      ].join(' && '),
      message: `of the labels of a node the gVisor installer may change only ${GVISOR_NODE_LABEL}`,
    },
    {
      expression: [
        `${taints('object')}.all(t, t in ${taints('oldObject')})`,
        `${taints('oldObject')}.all(t, t.key == '${GVISOR_STARTUP_TAINT}' || t in ${taints('object')})`,
      ].join(' && '),
      message: `of the taints of a node the gVisor installer may only remove ${GVISOR_STARTUP_TAINT}`,
    },
    {
      expression: [
        'object.metadata.?annotations == oldObject.metadata.?annotations',
        'object.spec.?unschedulable == oldObject.spec.?unschedulable',
        'object.spec.?podCIDRs == oldObject.spec.?podCIDRs',
      ].join(' && '),
      message: 'the gVisor installer may change nothing else of a node',
    },
  ];
  const policy = new ApiObject(scope, 'OwnNodePolicy', {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: clusterMetadata,
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['nodes'] },
        ],
      },
      matchConditions: [
        {
          name: 'installer',
          expression: `request.userInfo.username == 'system:serviceaccount:${NAMESPACES.gvisor}:${INSTALLER}'`,
        },
      ],
      validations,
    },
  });
  const binding = new ApiObject(scope, 'OwnNodePolicyBinding', {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: clusterMetadata,
    spec: { policyName: INSTALLER, validationActions: ['Deny'] },
  });
  binding.addDependency(policy);
  return [policy, binding];
}

/** The permissions of the certificate rotator. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { platformMetadata } from '../internal/labels';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Reads and writes its two Secrets and one webhook configuration, each by name. */
export class RotatorAccess extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const name = MUTATOR.rotator;
    const namespaced = platformMetadata(name, { namespace: NAMESPACES.gatekeeper });
    const clusterScoped = platformMetadata(name);
    const subjects: k8s.Subject[] = [
      { kind: 'ServiceAccount', name, namespace: NAMESPACES.gatekeeper },
    ];

    new k8s.KubeServiceAccount(this, 'ServiceAccount', { metadata: namespaced });
    new k8s.KubeRole(this, 'Role', {
      metadata: namespaced,
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: [MUTATOR.certificateSecret, MUTATOR.caSecret],
          // `create` can be limited to names because the rotator creates by an apply patch, which names its object.
          verbs: ['get', 'create', 'patch'],
        },
      ],
    });
    new k8s.KubeRoleBinding(this, 'RoleBinding', {
      metadata: namespaced,
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name },
      subjects,
    });
    new k8s.KubeClusterRole(this, 'ClusterRole', {
      metadata: clusterScoped,
      rules: [
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['mutatingwebhookconfigurations'],
          resourceNames: [MUTATOR.name],
          verbs: ['get', 'patch'],
        },
      ],
    });
    new k8s.KubeClusterRoleBinding(this, 'ClusterRoleBinding', {
      metadata: clusterScoped,
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name },
      subjects,
    });
  }
}

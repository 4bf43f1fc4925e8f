/** The permissions of Gatekeeper. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  clusterMetadata,
  MANAGER_ROLE,
  MUTATING_CONFIGURATION,
  NAMESPACE,
  namespacedMetadata,
  SERVICE_ACCOUNT,
  VALIDATING_CONFIGURATION,
} from './names';

const READ = ['get', 'list', 'watch'];
const READ_AND_UPDATE = ['get', 'list', 'patch', 'update', 'watch'];
const UPDATE = ['get', 'patch', 'update'];
const EVERYTHING = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

const ADMISSION_GROUP = 'admissionregistration.k8s.io';
const ROLE_BINDING = 'gatekeeper-manager-rolebinding';

/** A rule of one API group. */
function allow(group: string, resources: string[], verbs: string[]): k8s.PolicyRule {
  return { apiGroups: [group], resources, verbs };
}

const EMIT_EVENTS = allow('', ['events'], ['create', 'patch']);

const CHANGE_OWN_MUTATING_CONFIGURATION: k8s.PolicyRule = {
  ...allow(ADMISSION_GROUP, ['mutatingwebhookconfigurations'], READ_AND_UPDATE),
  resourceNames: [MUTATING_CONFIGURATION],
};

/** Secrets: the certificate rotator keeps the webhook's certificate in one. */
const NAMESPACE_RULES: k8s.PolicyRule[] = [EMIT_EVENTS, allow('', ['secrets'], EVERYTHING)];

/**
 * In the order of the official manifest. Without mutation the rotator has no mutating webhook configuration to write
 * (AppendMutationWebhookIfEnabled, pkg/webhook/mutation.go), and nothing writes mutators.
 */
const clusterRules = (mutates: boolean): k8s.PolicyRule[] => [
  EMIT_EVENTS,
  // The audit reads objects of any kind, and so may a constraint.
  allow('*', ['*'], READ),
  // The certificate rotator writes the CA into Gatekeeper's own webhook configurations.
  ...(mutates ? [CHANGE_OWN_MUTATING_CONFIGURATION] : []),
  allow(
    ADMISSION_GROUP,
    ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
    EVERYTHING,
  ),
  allow(ADMISSION_GROUP, ['validatingwebhookconfigurations'], READ),
  // The kinds of constraints are generated from templates.
  allow('apiextensions.k8s.io', ['customresourcedefinitions'], EVERYTHING),
  allow('config.gatekeeper.sh', ['*', 'configs'], EVERYTHING),
  allow('config.gatekeeper.sh', ['configs/status'], UPDATE),
  {
    apiGroups: [
      'connection.gatekeeper.sh',
      'constraints.gatekeeper.sh',
      'expansion.gatekeeper.sh',
      ...(mutates ? ['mutations.gatekeeper.sh'] : []),
      'status.gatekeeper.sh',
    ],
    resources: ['*'],
    verbs: EVERYTHING,
  },
  allow('externaldata.gatekeeper.sh', ['providers'], EVERYTHING),
  allow('externaldata.gatekeeper.sh', ['providers/status'], READ_AND_UPDATE),
  allow('templates.gatekeeper.sh', ['constrainttemplates'], EVERYTHING),
  allow('templates.gatekeeper.sh', ['constrainttemplates/finalizers'], ['update']),
  allow('templates.gatekeeper.sh', ['constrainttemplates/status'], UPDATE),
  {
    ...allow(ADMISSION_GROUP, ['validatingwebhookconfigurations'], EVERYTHING),
    resourceNames: [VALIDATING_CONFIGURATION],
  },
];

const SUBJECTS: k8s.Subject[] = [
  { kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace: NAMESPACE },
];

function roleRef(kind: 'Role' | 'ClusterRole'): k8s.RoleRef {
  return { apiGroup: 'rbac.authorization.k8s.io', kind, name: MANAGER_ROLE };
}

/** ServiceAccount, roles and bindings, including the permissions of mutation if it `mutates`. */
export function accessObjects(scope: Construct, mutates: boolean): ApiObject[] {
  return [
    new k8s.KubeServiceAccount(scope, 'ServiceAccount', {
      metadata: namespacedMetadata(SERVICE_ACCOUNT),
    }),
    new k8s.KubeRole(scope, 'Role', {
      metadata: namespacedMetadata(MANAGER_ROLE),
      rules: NAMESPACE_RULES,
    }),
    new k8s.KubeClusterRole(scope, 'ClusterRole', {
      metadata: clusterMetadata(MANAGER_ROLE),
      rules: clusterRules(mutates),
    }),
    new k8s.KubeRoleBinding(scope, 'RoleBinding', {
      metadata: namespacedMetadata(ROLE_BINDING),
      roleRef: roleRef('Role'),
      subjects: SUBJECTS,
    }),
    new k8s.KubeClusterRoleBinding(scope, 'ClusterRoleBinding', {
      metadata: clusterMetadata(ROLE_BINDING),
      roleRef: roleRef('ClusterRole'),
      subjects: SUBJECTS,
    }),
  ];
}

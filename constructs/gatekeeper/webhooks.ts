/** The webhook configurations. None has a caBundle: Gatekeeper's own certificate rotator owns it and writes it at run time. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  clusterMetadata,
  IGNORE_LABEL,
  MUTATING_CONFIGURATION,
  NAMESPACE,
  VALIDATING_CONFIGURATION,
  WEBHOOK_SERVICE,
} from './names';
import type { GatekeeperSettings, SelectorRequirement } from './schema';

/**
 * Subresources of the official manifest. It excludes `status` of pods and other workloads on purpose: it changes all
 * the time, and denying it would destabilize the cluster.
 */
const VALIDATED_SUBRESOURCES = [
  'pods/ephemeralcontainers',
  'pods/exec',
  'pods/log',
  'pods/eviction',
  'pods/portforward',
  'pods/proxy',
  'pods/attach',
  'pods/binding',
  'pods/resize',
  'deployments/scale',
  'replicasets/scale',
  'statefulsets/scale',
  'replicationcontrollers/scale',
  'services/proxy',
  'nodes/proxy',
  'services/status',
];

/**
 * Pods, and the subresources whose object is a Pod, so that constraints on pods apply to it: registry/core/pod/rest and
 * storage of Kubernetes v1.36.3.
 *
 * Excluded: `status`, which the kubelet writes and which changes all the time; `binding` and `eviction`, whose objects are of other
 * kinds (Binding, Eviction); `exec`, `attach`, `portforward` and `proxy`, which are CONNECT requests, so that the official rules
 * on CREATE and UPDATE never match them either; `log`, which is read-only.
 */
const JUDGED_PODS = ['pods', 'pods/ephemeralcontainers', 'pods/resize'];

/**
 * Groups of the cluster-scoped kinds that Gatekeeper validates for its own use (validateGatekeeperResources,
 * pkg/webhook/policy.go). SyncSets are not among them; Configs live in gatekeeper-system, whose objects it never receives.
 */
const VALIDATED_GROUPS = [
  'constraints.gatekeeper.sh',
  'expansion.gatekeeper.sh',
  'externaldata.gatekeeper.sh',
  'mutations.gatekeeper.sh',
  'templates.gatekeeper.sh',
];

const NOT_IGNORED: SelectorRequirement = { key: IGNORE_LABEL, operator: 'DoesNotExist' };

/** Gatekeeper must not need itself to start. */
const NOT_OWN_NAMESPACE: SelectorRequirement = {
  key: 'kubernetes.io/metadata.name',
  operator: 'NotIn',
  values: [NAMESPACE],
};

/** A rule on creation and update, never on deletion. */
function onWrite(apiGroups: string[], resources: string[]): k8s.RuleWithOperations {
  return { apiGroups, apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources };
}

function selector(...requirements: SelectorRequirement[]): k8s.LabelSelector {
  return {
    matchExpressions: requirements.map((requirement) =>
      'values' in requirement ? { ...requirement, values: [...requirement.values] } : requirement,
    ),
  };
}

/** A rule on objects in namespaces. */
function inNamespaces(rule: k8s.RuleWithOperations): k8s.RuleWithOperations {
  return { ...rule, scope: 'Namespaced' };
}

interface WebhookProps {
  readonly name: string;
  readonly path: string;
  readonly failurePolicy: string;
  readonly timeoutSeconds: number;
  readonly namespaceSelector: k8s.LabelSelector;
  readonly rules: k8s.RuleWithOperations[];
  readonly matchConditions?: k8s.MatchCondition[];
}

/** The common members of validating and mutating webhooks. */
function webhook({ path, ...props }: WebhookProps): k8s.ValidatingWebhook & k8s.MutatingWebhook {
  return {
    ...props,
    admissionReviewVersions: ['v1', 'v1beta1'],
    clientConfig: { service: { name: WEBHOOK_SERVICE, namespace: NAMESPACE, path } },
    matchPolicy: 'Exact',
    sideEffects: 'None',
  };
}

function validationRules(
  objects: GatekeeperSettings['validation']['objects'],
): k8s.RuleWithOperations[] {
  const everything = onWrite(['*'], ['*', ...VALIDATED_SUBRESOURCES]);
  if (objects === 'all') return [everything];
  return [
    inNamespaces(objects === 'pods' ? onWrite([''], JUDGED_PODS) : everything),
    { ...onWrite(VALIDATED_GROUPS, ['*']), scope: 'Cluster' },
  ];
}

function conditions(matchConditions: readonly k8s.MatchCondition[]) {
  return matchConditions.length > 0 ? { matchConditions: [...matchConditions] } : {};
}

export function validatingConfiguration(
  scope: Construct,
  { validation, ignoreLabelCheck }: GatekeeperSettings,
): ApiObject {
  const { objects, namespaceSelector, matchConditions, ...answer } = validation;
  const { subresources, matchConditions: checkConditions, ...check } = ignoreLabelCheck;
  return new k8s.KubeValidatingWebhookConfiguration(scope, 'ValidatingWebhookConfiguration', {
    metadata: clusterMetadata(VALIDATING_CONFIGURATION),
    webhooks: [
      webhook({
        ...answer,
        name: 'validation.gatekeeper.sh',
        path: '/v1/admit',
        namespaceSelector: selector(NOT_IGNORED, NOT_OWN_NAMESPACE, ...namespaceSelector),
        rules: validationRules(objects),
        ...conditions(matchConditions),
      }),
      webhook({
        ...check,
        name: 'check-ignore-label.gatekeeper.sh',
        path: '/v1/admitlabel',
        namespaceSelector: selector(NOT_OWN_NAMESPACE, ...check.namespaceSelector),
        rules: [
          onWrite(
            [''],
            ['namespaces', ...(subresources ? ['namespaces/status', 'namespaces/finalize'] : [])],
          ),
        ],
        ...conditions(checkConditions),
      }),
    ],
  });
}

export function mutatingConfiguration(
  scope: Construct,
  { failurePolicy, timeoutSeconds }: GatekeeperSettings['mutation'],
): ApiObject {
  return new k8s.KubeMutatingWebhookConfiguration(scope, 'MutatingWebhookConfiguration', {
    metadata: clusterMetadata(MUTATING_CONFIGURATION),
    webhooks: [
      webhook({
        name: 'mutation.gatekeeper.sh',
        path: '/v1/mutate',
        failurePolicy,
        timeoutSeconds,
        namespaceSelector: selector(NOT_IGNORED, NOT_OWN_NAMESPACE),
        rules: [onWrite(['*'], ['*'])],
      }),
    ],
  });
}

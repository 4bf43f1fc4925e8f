/** Named choices of `GatekeeperProps`. */
import {
  DECISION_ANNOTATION,
  ENABLED_LABEL,
  EXEMPT_NAMESPACES,
  SANDBOX_ANNOTATION_PREFIXES,
} from '../../base/names';
import { IGNORE_LABEL } from './names';
import type { GatekeeperProps, SelectorRequirement } from './schema';

const inSandboxNamespaces: SelectorRequirement = {
  key: ENABLED_LABEL,
  operator: 'In',
  values: ['true'],
};

const notExempt: SelectorRequirement = {
  key: 'kubernetes.io/metadata.name',
  operator: 'NotIn',
  values: EXEMPT_NAMESPACES,
};

/** CEL: whether a namespace, `object` or `oldObject`, has a label. */
const has = (namespace: string, label: string) =>
  `(has(${namespace}.metadata.labels) && '${label}' in ${namespace}.metadata.labels)`;

/** On the namespace as it would be after the request, whatever the request's endpoint. */
const ignoredThoughEnabled = [
  {
    name: 'is-enabled',
    expression: `${has('object', ENABLED_LABEL)} && object.metadata.labels['${ENABLED_LABEL}'] == 'true'`,
  },
  { name: 'carries-the-ignore-label', expression: has('object', IGNORE_LABEL) },
  {
    // It must be possible to delete a namespace that reached this state before this check existed.
    name: 'is-not-on-its-way-out-as-it-was',
    expression: `!(has(object.metadata.deletionTimestamp) && oldObject != null && ${has('oldObject', IGNORE_LABEL)})`,
  },
];

const annotationsOf = (pod: string) => `${pod}.metadata.?annotations.orValue({})`;

/** CEL: whether the policy reads the annotation `k`. */
const isJudged = [
  `k == '${DECISION_ANNOTATION}'`,
  ...SANDBOX_ANNOTATION_PREFIXES.map((prefix) => `k.startsWith('${prefix}')`),
].join(' || ');

const isNoUpdateOfAPod = "request.kind.kind != 'Pod' || request.operation != 'UPDATE'";

/** A change that the policy does not read (policy/decision/judged-change.ts) does not wait for an answer. Every change that it reads must match. */
const judgedChanges = [
  {
    name: 'is-no-pod-on-its-way-out',
    expression: `${isNoUpdateOfAPod} || !has(oldObject.metadata.deletionTimestamp)`,
  },
  {
    name: 'changes-what-is-judged',
    expression: [
      isNoUpdateOfAPod,
      'object.spec != oldObject.spec',
      'object.metadata.?labels != oldObject.metadata.?labels',
      `${annotationsOf('object')}.exists(k, (${isJudged}) && ${annotationsOf('oldObject')}[?k] != ${annotationsOf('object')}[?k])`,
      `${annotationsOf('oldObject')}.exists(k, (${isJudged}) && !(k in ${annotationsOf('object')}))`,
    ].join(' || '),
  },
];

/**
 * Gatekeeper as this platform configures it: fail closed in enabled namespaces, open everywhere else.
 *
 * - `validation.failurePolicy: Fail`. The official manifest fails open: while Gatekeeper is down, pods that violate the policy are admitted.
 * - `validation.namespaceSelector`. With `Fail` alone, an unavailable Gatekeeper would stop every write to the cluster,
 *   its own repair included. Limited to the enabled namespaces that are not exempt, it stops only those.
 * - `validation.objects: pods`. This project's constraints apply to pods. Anything else a tenant writes, such as a ConfigMap, Lease or Event,
 *   never waits for Gatekeeper and is never refused because it is down (test/e2e/gatekeeper-scope.test.ts); nor are nodes and
 *   volumes, which a namespace selector does not exclude.
 * - `validation.matchConditions`. Gatekeeper does not receive an update of a pod that is being deleted, or that changes neither
 *   `spec` nor labels nor an annotation that the policy reads: finalizers are removed and controllers annotate pods also while Gatekeeper is
 *   down (the same test), and the API server answers alone, however large the pod.
 * - `ignoreLabelCheck`. No request to a namespace, its status or its finalizers leaves it enabled and with the ignore label
 *   (test/e2e/ignore-label.test.ts), and only a request that would waits for Gatekeeper. In the official manifest the check receives
 *   every change of every namespace and fails closed, but does not receive status and finalizers.
 * - `mutation.enabled: false`. In the official manifest every write to the cluster waits for a webhook that does nothing until a user
 *   creates a mutator. `{ enabled: true }` restores it with the permissions it needs.
 * - `disabledBuiltins: http.send`. The author of a template must not be able to send requests from the policy engine; the official
 *   value is meant to prevent that, but does not.
 * - `image.pullPolicy: IfNotPresent`. The tag is exact, so pulling it again changes nothing, and a node that cannot reach its
 *   registry can still restart Gatekeeper.
 *
 * The cost: constraints of other owners are enforced at admission only on pods of enabled namespaces, and there not on updates
 * that only change other annotations; everything else is audited. `validation.matchConditions: []` sends every update.
 * `validation: { objects: 'namespaced' }` enforces them on everything in enabled namespaces, at the cost of every
 * write there waiting for Gatekeeper. `objects: 'all'` with `namespaceSelector: []` and `failurePolicy: 'Ignore'` is as official.
 */
export const SANDBOX_GATEKEEPER = {
  validation: {
    failurePolicy: 'Fail',
    namespaceSelector: [inSandboxNamespaces, notExempt],
    objects: 'pods',
    matchConditions: judgedChanges,
  },
  ignoreLabelCheck: {
    namespaceSelector: [notExempt],
    subresources: true,
    matchConditions: ignoredThoughEnabled,
  },
  mutation: { enabled: false },
  disabledBuiltins: ['http.send'],
  image: { pullPolicy: 'IfNotPresent' },
} as const satisfies GatekeeperProps;

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

/** On the namespace as the request would leave it, whichever endpoint the request goes to. */
const ignoredThoughEnabled = [
  {
    name: 'is-enabled',
    expression: `${has('object', ENABLED_LABEL)} && object.metadata.labels['${ENABLED_LABEL}'] == 'true'`,
  },
  { name: 'carries-the-ignore-label', expression: has('object', IGNORE_LABEL) },
  {
    // A namespace that came to be so before this check was there has to be able to go.
    name: 'is-not-on-its-way-out-as-it-was',
    expression: `!(has(object.metadata.deletionTimestamp) && oldObject != null && ${has('oldObject', IGNORE_LABEL)})`,
  },
];

const annotationsOf = (pod: string) => `${pod}.metadata.?annotations.orValue({})`;

/** CEL: whether the annotation `k` is one that is judged. */
const isJudged = [
  `k == '${DECISION_ANNOTATION}'`,
  ...SANDBOX_ANNOTATION_PREFIXES.map((prefix) => `k.startsWith('${prefix}')`),
].join(' || ');

const isNoUpdateOfAPod = "request.kind.kind != 'Pod' || request.operation != 'UPDATE'";

/** What is not judged (policy/decision/judged-change.ts) does not wait for the answer. At least what is judged has to come through. */
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
 * Gatekeeper as this platform wants it: closed where sandboxes are promised, open everywhere else.
 *
 * - `validation.failurePolicy: Fail`. Officially Gatekeeper fails open: while it is down, pods that break the policy are let in.
 * - `validation.namespaceSelector`. With `Fail` alone a Gatekeeper that is down would stop every write to the cluster,
 *   its own repair included. Narrowed to the namespaces that turned the platform on and are not exempt, it stops only those.
 * - `validation.objects: pods`. Our constraints are about pods. Whatever else a tenant writes, a ConfigMap, a Lease, an Event,
 *   never waits for Gatekeeper and is never refused because it is down (test/e2e/gatekeeper-scope.test.ts); nor are nodes and
 *   volumes, which a namespace selector would not leave out.
 * - `validation.matchConditions`. Gatekeeper is not asked about an update of a pod that is being deleted, or that changes neither
 *   `spec` nor labels nor an annotation that is judged: finalizers come off and controllers annotate pods also while Gatekeeper is
 *   down (the same test), and the API server alone answers, however large the pod.
 * - `ignoreLabelCheck`. No request to a namespace, its status or its finalizers leaves it enabled and with the ignore label
 *   (test/e2e/ignore-label.test.ts), and only a request that would waits for Gatekeeper. Officially the check is asked about
 *   every change of every namespace and fails closed, and not about status and finalizers.
 * - `mutation.enabled: false`. Officially every write to the cluster waits for a webhook that has nothing to do until a user
 *   makes a mutator. `{ enabled: true }` brings it back with the rights it needs.
 * - `disabledBuiltins: http.send`. Who writes a template must not be able to call out from the policy engine; the official
 *   value is meant to prevent that and does not.
 * - `image.pullPolicy: IfNotPresent`. The tag is exact, so pulling it again changes nothing, and a node whose registry is
 *   out of reach can still restart Gatekeeper.
 *
 * The price: constraints of other owners are enforced at admission only on pods of enabled namespaces, and there not on updates
 * that change other annotations only; on all else they are audited. `validation.matchConditions: []` asks about every update. `validation: { objects: 'namespaced' }` enforces them on everything in enabled namespaces, at the price of every
 * write there waiting for Gatekeeper; `objects: 'all'` with `namespaceSelector: []` and `failurePolicy: 'Ignore'` as officially.
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

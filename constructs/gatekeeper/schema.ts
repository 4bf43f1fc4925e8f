/**
 * The settings of Gatekeeper. The default of every member is the value of the official release manifest
 * (deploy/gatekeeper.yaml of Gatekeeper v3.23.1) or, for a flag that manifest does not set, the flag's own default,
 * so that the empty value describes exactly the official installation.
 */
import { z } from 'zod';
import { SandboxError } from '../../base/errors';
import { MAX_LENGTHS, QUALIFIED_NAME } from '../../base/patterns';
import { CONSTRUCTS_ERRORS } from '../errors';
import { problemsOf } from '../../base/zod-problems';
import { VERSIONS } from '../../base/versions';
import { dnsLabel, imageDigest, imageTag, labelKey, resources } from '../internal/schemas';

/** Flags that a setting here controls, or that must agree with ports, names and roles of the installation. */
const OWNED_FLAGS: ReadonlySet<string> = new Set([
  '--audit-interval',
  '--cert-dir',
  '--cert-service-name',
  '--constraint-violations-limit',
  '--disable-cert-rotation',
  '--disable-opa-builtin',
  '--exempt-namespace',
  '--health-addr',
  '--log-level',
  '--logtostderr',
  '--mutating-webhook-configuration-name',
  '--operation',
  '--port',
  '--prometheus-port',
  '--validating-webhook-configuration-name',
]);

const extraArg = z
  .string()
  .regex(/^--[a-z0-9]+(-[a-z0-9]+)*(=.*)?$/, 'must be a flag, such as "--log-denies=true"')
  .refine((arg) => !OWNED_FLAGS.has(arg.split('=', 1)[0] ?? ''), {
    error: 'is a flag that the installation sets itself',
    params: { fix: 'remove it and use the setting that controls this flag' },
  });

const failurePolicy = z.enum(['Ignore', 'Fail']);

/** An API server waits between 1 and 30 seconds for a webhook (admissionregistration.k8s.io/v1, timeoutSeconds). */
const timeoutSeconds = z.int().min(1).max(30);

/** One requirement of a LabelSelector. */
const selectorRequirement = z.discriminatedUnion('operator', [
  z.strictObject({
    key: labelKey,
    operator: z.enum(['In', 'NotIn']),
    values: z.array(z.string().max(MAX_LENGTHS.labelValue)).min(1).readonly(),
  }),
  z.strictObject({ key: labelKey, operator: z.enum(['Exists', 'DoesNotExist']) }),
]);

const namespaceSelector = z.array(selectorRequirement).readonly();

/** Both Deployments: config/manager/manager.yaml of Gatekeeper v3.23.1. */
const OFFICIAL_RESOURCES = {
  requests: { cpu: '100m', memory: '512Mi' },
  limits: { memory: '512Mi' },
};

const imageSchema = z.strictObject({
  /** @default "openpolicyagent/gatekeeper" */
  repository: z.string().min(1).default('openpolicyagent/gatekeeper'),
  /** @default VERSIONS.gatekeeper */
  tag: imageTag.default(VERSIONS.gatekeeper),
  /**
   * Pins the content; the tag stays in the reference for its readers.
   * @default - none, as upstream publishes none with the manifest
   */
  digest: imageDigest.optional(),
  /** @default "Always" */
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('Always'),
});

const controllerSchema = z.strictObject({
  /** @default 3 */
  replicas: z.int().min(1).default(3),
  /**
   * Replaces requests and limits as a whole.
   * @default {"requests":{"cpu":"100m","memory":"512Mi"},"limits":{"memory":"512Mi"}}
   */
  resources: resources.default(OFFICIAL_RESOURCES),
  /**
   * Further flags, after all others. Flags that have a member of their own are refused.
   * @default []
   */
  extraArgs: z.array(extraArg).readonly().default([]),
});

const auditSchema = z.strictObject({
  /**
   * Seconds between audits; 0 turns them off.
   * @default 60
   */
  intervalSeconds: z.int().min(0).default(60),
  /**
   * Violations listed in the status of one constraint. Upstream advises at most 500, for the sake of etcd
   * (website/docs/audit.md of Gatekeeper).
   * @default 20
   */
  constraintViolationsLimit: z.int().min(0).default(20),
  /**
   * Replaces requests and limits as a whole. The audit holds what it lists in memory, so a large cluster needs more.
   * @default {"requests":{"cpu":"100m","memory":"512Mi"},"limits":{"memory":"512Mi"}}
   */
  resources: resources.default(OFFICIAL_RESOURCES),
  /**
   * Further flags, after all others. Flags that have a member of their own are refused.
   * @default []
   */
  extraArgs: z.array(extraArg).readonly().default([]),
});

/** An expression over the request (Kubernetes, "Matching requests: matchConditions"); stable since Kubernetes 1.30. */
const matchCondition = z.strictObject({
  name: z.string().max(MAX_LENGTHS.qualifiedName).regex(QUALIFIED_NAME, 'must be a qualified name'),
  /** CEL over `object`, `oldObject`, `request`; Gatekeeper receives a request if every condition is true. */
  expression: z.string().min(1),
});

const validationSchema = z.strictObject({
  /**
   * What the API server does with a request when Gatekeeper does not answer.
   * @default "Ignore"
   */
  failurePolicy: failurePolicy.default('Ignore'),
  /** @default 3 */
  timeoutSeconds: timeoutSeconds.default(3),
  /**
   * Requirements a namespace must meet besides the official ones (no `admission.gatekeeper.sh/ignore` label, not
   * gatekeeper-system). Gatekeeper does not receive objects of other namespaces, whatever constraints say; the audit still sees them.
   * @default []
   */
  namespaceSelector: namespaceSelector.default([]),
  /**
   * Objects whose creation and update Gatekeeper receives. Its own cluster-scoped kinds are always among them, so
   * that it still refuses invalid templates, constraints and mutators.
   *
   * - `all`: everything. A namespace selector never excludes cluster-scoped objects (Kubernetes, "Matching requests:
   *   namespaceSelector"), so with `failurePolicy: Fail` an unavailable Gatekeeper stops nodes from registering.
   * - `namespaced`: everything in a namespace. With `Fail` each ConfigMap, Lease and Event waits for Gatekeeper.
   * - `pods`: pods, and the subresources that change the pod itself. Constraints on other kinds are audited only.
   * @default "all"
   */
  objects: z.enum(['all', 'namespaced', 'pods']).default('all'),
  /**
   * Conditions under which Gatekeeper is asked. Evaluated by the API server itself.
   * @default []
   */
  matchConditions: z.array(matchCondition).max(64).readonly().default([]),
});

const ignoreLabelCheckSchema = z.strictObject({
  /** @default "Fail" */
  failurePolicy: failurePolicy.default('Fail'),
  /** @default 3 */
  timeoutSeconds: timeoutSeconds.default(3),
  /**
   * Requirements on the namespace, besides not being gatekeeper-system. On the namespace as it would be after the request, but
   * where the request is to a subresource, on the namespace as it is before (GetNamespaceLabels of Kubernetes v1.36.3,
   * pkg/admission/plugin/webhook/predicates/namespace/matcher.go): what a request to a subresource adds is seen by
   * `matchConditions` only.
   * @default []
   */
  namespaceSelector: namespaceSelector.default([]),
  /**
   * Also sends requests to `namespaces/status` and `namespaces/finalize`: both change labels (namespaceStatusStrategy and
   * namespaceFinalizeStrategy of Kubernetes v1.36.3). Gatekeeper decides by the kind of the object and treats them alike
   * (pkg/webhook/namespacelabel.go).
   * @default false
   */
  subresources: z.boolean().default(false),
  /**
   * Conditions under which Gatekeeper is asked. Evaluated by the API server itself.
   * @default []
   */
  matchConditions: z.array(matchCondition).max(64).readonly().default([]),
});

const mutationSchema = z.strictObject({
  /**
   * Off: no mutating webhook, no mutation operations, and no permission to change mutators or a mutating webhook configuration.
   * The CustomResourceDefinitions of mutators stay, because removing one deletes every object of its kind; mutators are
   * stored and have no effect.
   * @default true
   */
  enabled: z.boolean().default(true),
  /** @default "Ignore" */
  failurePolicy: failurePolicy.default('Ignore'),
  /** @default 1 */
  timeoutSeconds: timeoutSeconds.default(1),
});

const podDisruptionBudgetSchema = z.strictObject({
  /**
   * Controller pods that must stay available during a voluntary disruption, such as draining a node. Must be below
   * `controller.replicas`, else no node that runs one can be drained.
   * @default 1
   */
  minAvailable: z.int().min(0).default(1),
});

/** All settings of Gatekeeper; `{}` is the official installation. */
export const gatekeeperSchema = z
  .strictObject({
    /** Image of both Deployments. */
    image: imageSchema.readonly().prefault({}),
    /**
     * Least severe level both Deployments log.
     * @default "INFO"
     */
    logLevel: z.enum(['DEBUG', 'INFO', 'WARNING', 'ERROR']).default('INFO'),
    /**
     * Namespaces, besides gatekeeper-system, that may carry the label `admission.gatekeeper.sh/ignore`; those that do
     * are excluded from validation and mutation.
     * @default []
     */
    exemptNamespaces: z.array(dnsLabel).readonly().default([]),
    /**
     * Rego functions that templates may not call. The official value disables nothing: the flag takes one name, and no
     * function is called `{http.send}`, braces included (pkg/util FlagSet; DisableBuiltins of the constraint framework).
     * @default ["{http.send}"]
     */
    disabledBuiltins: z.array(z.string().min(1)).readonly().default(['{http.send}']),
    /** Deployment gatekeeper-controller-manager, which serves the webhooks. */
    controller: controllerSchema.readonly().prefault({}),
    /** Deployment gatekeeper-audit, which audits, reports status and generates the CRDs of constraints. */
    audit: auditSchema.readonly().prefault({}),
    /** PodDisruptionBudget of the controller. */
    podDisruptionBudget: podDisruptionBudgetSchema.readonly().prefault({}),
    /** Webhook validation.gatekeeper.sh, which enforces constraints. */
    validation: validationSchema.readonly().prefault({}),
    /** Webhook check-ignore-label.gatekeeper.sh, which refuses the ignore label on namespaces that are not exempt. */
    ignoreLabelCheck: ignoreLabelCheckSchema.readonly().prefault({}),
    /** Webhook mutation.gatekeeper.sh, which applies mutators. */
    mutation: mutationSchema.readonly().prefault({}),
  })
  .refine(
    ({ controller, podDisruptionBudget }) => podDisruptionBudget.minAvailable < controller.replicas,
    {
      path: ['podDisruptionBudget', 'minAvailable'],
      error: 'is not below controller.replicas, so nodes cannot be drained',
      params: { fix: 'lower it, or raise controller.replicas' },
    },
  );

/** The input: every member has a default. */
export type GatekeeperProps = Readonly<z.input<typeof gatekeeperSchema>>;

/** The settings with every default filled in. */
export type GatekeeperSettings = Readonly<z.output<typeof gatekeeperSchema>>;

export type SelectorRequirement = z.output<typeof selectorRequirement>;

/** The official installation. */
export const OFFICIAL: GatekeeperSettings = gatekeeperSchema.parse({});

/** @throws SandboxError CONFIG_INVALID with every invalid member */
export function resolveGatekeeper(props: GatekeeperProps): GatekeeperSettings {
  const result = gatekeeperSchema.safeParse(props);
  if (result.success) return result.data;
  const [first, ...rest] = problemsOf(result.error, 'props');
  if (first === undefined) throw result.error;
  throw new SandboxError(CONSTRUCTS_ERRORS.CONFIG_INVALID, [first, ...rest]);
}

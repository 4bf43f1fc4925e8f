/**
 * Names that more than one room uses: label and annotation keys, namespaces, objects that refer to each other.
 * A name that only one room uses lives in that room.
 */

/** Domain of every label and annotation key this project owns. */
export const DOMAIN = 'secure-ai.io';

/** Label whose value names the runtime a pod asks for. The default of `RuntimePolicy.labelKey`. */
export const RUNTIME_LABEL = `${DOMAIN}/runtime`;

/** Namespace label that turns the platform on for the pods of that namespace; its value must be `"true"`. */
export const ENABLED_LABEL = `${DOMAIN}/sandbox-enabled`;

/** Annotation the mutating webhook leaves on a pod: compact JSON of the decision, see `DecisionRecord`. */
export const DECISION_ANNOTATION = `${DOMAIN}/decision`;

/** Namespaces the platform itself runs in. */
export const NAMESPACES = {
  /** Gatekeeper, the mutating webhook and its certificate rotator. */
  gatekeeper: 'gatekeeper-system',
  /** The Kata node installer and kata-monitor. */
  kata: 'kata-system',
  /** The gVisor node installer. */
  gvisor: 'gvisor-system',
} as const;

/** The mutating webhook: Deployment, Service, PodDisruptionBudget and MutatingWebhookConfiguration share this name. */
export const MUTATOR = {
  name: 'ai-runtime-mutator',
  /** Name of the webhook inside the configuration; Kubernetes wants a fully qualified name. */
  webhookName: `ai-runtime-mutator.${DOMAIN}`,
  path: '/v1/mutate',
  /** Secret of type kubernetes.io/tls with `ca.crt`, `tls.crt` and `tls.key`, written by the rotator. */
  certificateSecret: 'ai-runtime-mutator-cert',
  /** The certificate rotator: Deployment, ServiceAccount, Role and ClusterRole share this name. */
  rotator: 'ai-runtime-mutator-cert-rotator',
} as const;

/** Kinds of the three Gatekeeper constraint templates; the template's name is the kind in lower case. */
export const CONSTRAINT_KINDS = {
  required: 'K8sRequiredRuntime',
  dynamic: 'K8sDynamicRuntime',
  sandboxed: 'K8sSandboxedRuntime',
} as const;

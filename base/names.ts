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

/** Annotation of a pod that mirrors a static pod of its node (MirrorPodAnnotationKey in k8s.io/api v0.36.3, core/v1/annotation_key_constants.go). */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/**
 * Prefixes of pod annotations by which a sandbox runtime takes settings from the pod's author. Sources: kata-containers
 * 4.1.0, docs/how-to/how-to-set-sandbox-config-kata.md; gvisor, runsc/boot and pkg/shim (`dev.gvisor.*`).
 */
export const SANDBOX_ANNOTATION_PREFIXES: readonly string[] = ['io.katacontainers.', 'dev.gvisor.'];

/**
 * Annotation of a Node on which NetworkPolicies are known not to be enforced; its value says why. Nodes of local clusters have it whose
 * kernel cannot do it.
 */
export const NETWORK_NOT_ENFORCED_ANNOTATION = `${DOMAIN}/network-policies-not-enforced`;

/**
 * Label of a node whose containerd has the Kata handlers, `"true"`. kata-deploy sets it once they work and its own
 * RuntimeClasses select it (kata-containers 4.1.0, tools/packaging/kata-deploy/helm-chart/kata-deploy/templates/runtimeclasses.yaml).
 */
export const KATA_NODE_LABEL = 'katacontainers.io/kata-runtime';

/** Label of a node whose containerd has the gVisor handler, `"true"`. gVisor has no upstream installer that sets one. */
export const GVISOR_NODE_LABEL = `${DOMAIN}/gvisor-runtime`;

/** Namespaces the platform itself runs in. */
export const NAMESPACES = {
  /** Gatekeeper, the mutating webhook and its certificate rotator. */
  gatekeeper: 'gatekeeper-system',
  /** The Kata node installer and kata-monitor. */
  kata: 'kata-system',
  /** The gVisor node installer. */
  gvisor: 'gvisor-system',
} as const;

/**
 * Namespaces that stay out of the reach of every engine even when labelled (the mutator, Gatekeeper's webhook, the constraints and
 * with them the audit): the cluster's own and the platform's, which have to start while webhooks and policies are down.
 * Held by test/e2e/exemptions.test.ts.
 *
 * Users who can create pods in one of them are outside every sandbox, so the list is short: kube-public and kube-node-lease run no pods
 * that a cluster needs, and a Lease never waits for a webhook of this platform.
 */
export const EXEMPT_NAMESPACES: readonly string[] = ['kube-system', ...Object.values(NAMESPACES)];

/** The mutating webhook: Deployment, Service, PodDisruptionBudget and MutatingWebhookConfiguration share this name. */
export const MUTATOR = {
  name: 'ai-runtime-mutator',
  /** Name of the webhook inside the configuration; Kubernetes wants a fully qualified name. */
  webhookName: `ai-runtime-mutator.${DOMAIN}`,
  path: '/v1/mutate',
  /** Secret of type kubernetes.io/tls with `ca.crt`, `tls.crt` and `tls.key`, written by the rotator. */
  certificateSecret: 'ai-runtime-mutator-cert',
  /** Secret with the certificate authorities and their keys. Only the rotator reads it; no pod mounts it. */
  caSecret: 'ai-runtime-mutator-cert-ca',
  /** ConfigMap whose key `policy.json` holds the policy the webhook decides by, `runtime-classes.json` the RuntimeClasses it knows. */
  policyConfigMap: 'ai-runtime-mutator-policy',
  /** The certificate rotator: Deployment, ServiceAccount, Role and ClusterRole share this name. */
  rotator: 'ai-runtime-mutator-cert-rotator',
} as const;

/** Kinds of the three Gatekeeper constraint templates; the template's name is the kind in lower case. */
export const CONSTRAINT_KINDS = {
  required: 'K8sRequiredRuntime',
  dynamic: 'K8sDynamicRuntime',
  sandboxed: 'K8sSandboxedRuntime',
} as const;

/**
 * Socket of containerd's CRI by Kubernetes distribution; `k8s` is every one that runs containerd as its packages come
 * (kata-containers 4.1.0, kata-deploy/templates/_helpers.tpl, `containerdRuntimeSocket`).
 */
export const CONTAINERD_SOCKETS = {
  k8s: '/run/containerd/containerd.sock',
  k3s: '/run/k3s/containerd/containerd.sock',
  rke2: '/run/k3s/containerd/containerd.sock',
  k0s: '/run/k0s/containerd.sock',
  microk8s: '/var/snap/microk8s/common/run/containerd.sock',
} as const;

export type KubernetesDistribution = keyof typeof CONTAINERD_SOCKETS;

/**
 * Where a container finds the token of its ServiceAccount and the CA of the API server
 * (Kubernetes v1.36.3, plugin/pkg/admission/serviceaccount/admission.go, `DefaultAPITokenMountPath`).
 */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Label of the nodes of a pool meant for one runtime, and key of its NoSchedule taint; the value is the runtime's name. */
export const POOL_LABEL = `${DOMAIN}/pool`;

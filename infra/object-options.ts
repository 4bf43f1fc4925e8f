/** Pulumi options of an object, by its kind. */
import type * as pulumi from '@pulumi/pulumi';
import type { KubernetesObject } from '../kubernetes/object';
import type { WaitKind } from '../deploy/plan';

/**
 * Conditions of annotation `pulumi.com/waitFor`. All must hold before an object counts as created. They are the counterpart of
 * `READINESS` in deploy/readiness.ts. The provider waits for Deployments and DaemonSets by itself.
 *
 * The language is that of the provider: `condition=` or one `jsonpath=` of RFC 9535 each, compared with its first result
 * (pulumi-kubernetes provider, pkg/metadata/overrides.go and pkg/jsonpath/jsonpath.go). It cannot test all elements of a list, so for a
 * constraint it sees that one Gatekeeper which serves the webhook enforces it, not that all do.
 */
const WAIT_FOR: Readonly<Record<WaitKind, readonly string[]>> = {
  none: [],
  'namespace-active': ['jsonpath={.status.phase}=Active'],
  'crd-established': ['condition=Established'],
  'template-created': ['jsonpath={.status.created}=true'],
  'constraint-enforced': [
    `jsonpath={.status.byPod[?@.operations[?@=='webhook'] && @.enforced==true].enforced}=true`,
  ],
  'deployment-available': [],
  'daemonset-rolled-out': [],
  'ca-injected': ['jsonpath={.webhooks[0].clientConfig.caBundle}'],
  // The mutator's Deployment is available before its configuration is registered.
  'webhook-answers': ['jsonpath={.webhooks[0].clientConfig.caBundle}'],
};

/**
 * The manifest for Pulumi. It takes over fields of other managers, as `secure-ai up` does. Without
 * `patchForce` the provider leaves that to the server, which refuses (Kubernetes docs, Server-Side Apply, Conflicts).
 */
export function annotated(manifest: KubernetesObject, wait: WaitKind): KubernetesObject {
  const conditions = WAIT_FOR[wait];
  const { annotations, ...metadata } = manifest.metadata;
  const forPulumi = {
    'pulumi.com/patchForce': 'true',
    ...(conditions.length > 0 && { 'pulumi.com/waitFor': JSON.stringify(conditions) }),
  };
  return { ...manifest, metadata: { ...metadata, annotations: { ...annotations, ...forPulumi } } };
}

/** Members of an object that hold secrets: Pulumi encrypts them in its state and does not show them. */
export function secretMembers({ kind }: KubernetesObject): readonly string[] {
  return kind === 'Secret' ? ['data', 'stringData'] : [];
}

type ObjectOptions = Pick<
  pulumi.CustomResourceOptions,
  'additionalSecretOutputs' | 'deleteBeforeReplace' | 'ignoreChanges' | 'replaceOnChanges'
>;

/**
 * Members that others write, and immutable members. The provider knows those of the kinds of Kubernetes 1.36 that hold
 * a selector or a roleRef (provider pkg/provider/diff.go), but not the handler of a RuntimeClass.
 */
export function objectOptions(manifest: KubernetesObject): ObjectOptions {
  switch (manifest.kind) {
    case 'RuntimeClass':
      // Immutable: kubernetes v1.36.3, pkg/apis/node/validation, ValidateRuntimeClassUpdate.
      return { replaceOnChanges: ['handler'], deleteBeforeReplace: true };
    case 'Secret':
      // Gatekeeper fills the empty Secret.
      return { ignoreChanges: ['data'], additionalSecretOutputs: ['data', 'stringData'] };
    case 'MutatingWebhookConfiguration':
    case 'ValidatingWebhookConfiguration':
      // The rotators of the mutator and of Gatekeeper.
      return { ignoreChanges: ['webhooks[*].clientConfig.caBundle'] };
    default:
      return {};
  }
}

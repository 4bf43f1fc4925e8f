/** The objects a verification compares the cluster with: the same ones this project deploys, built from the same configuration. */
import { App, type ApiObject, Chart } from 'cdk8s';
import type { SandboxConfig } from '../constructs/config';
import { Gatekeeper } from '../constructs/gatekeeper';
import { RuntimePolicies } from '../constructs/policies';
import { MutatorRegistration } from '../constructs/webhook';
import type { KubernetesObject } from '../kubernetes/object';

/** The part of the configuration that decides how the platform is registered and what it enforces. */
export type VerifiedConfig = Pick<SandboxConfig, 'policy' | 'webhook' | 'gatekeeper'>;

export interface ExpectedObjects {
  /** MutatingWebhookConfiguration of the mutator. */
  readonly mutating: KubernetesObject;
  /** ValidatingWebhookConfiguration of Gatekeeper. */
  readonly validating: KubernetesObject;
  readonly templates: readonly KubernetesObject[];
  readonly constraints: readonly KubernetesObject[];
}

export function expectedObjects(config: VerifiedConfig): ExpectedObjects {
  const chart = new Chart(new App(), 'expected', { disableResourceNameHashes: true });
  const registration = new MutatorRegistration(chart, 'MutatorRegistration', config.webhook);
  const gatekeeper = new Gatekeeper(chart, 'Gatekeeper', config.gatekeeper);
  const policies = new RuntimePolicies(chart, 'Policies', { policy: config.policy });
  return {
    mutating: ofKind(registration.node.findAll() as ApiObject[], 'MutatingWebhookConfiguration'),
    validating: ofKind(gatekeeper.webhookConfigurations, 'ValidatingWebhookConfiguration'),
    templates: policies.templates.map(manifest),
    constraints: policies.constraints.map(manifest),
  };
}

function ofKind(objects: readonly ApiObject[], kind: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind);
  if (found === undefined) throw new TypeError(`the platform has no ${kind}`);
  return manifest(found);
}

function manifest(object: ApiObject): KubernetesObject {
  return object.toJson() as KubernetesObject;
}

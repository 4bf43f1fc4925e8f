/** The construct of the mutating webhook's server. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { RuntimeClass } from '../../policy/model/runtime-class';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { deployLast } from '../internal/dependencies';
import { platformLabels, platformMetadata, selectorLabels } from '../internal/labels';
import { onlyThis, tcp } from '../internal/network-policy';
import type { Bundles } from '../../programs/bundle';
import { CLIENT_CA_CONFIG_MAP, CLIENT_CA_FILE } from './client-certificates';
import { MUTATOR_PORTS, mutatorPod, POLICY_KEY, RUNTIME_CLASSES_KEY } from './mutator-pod';
import { program } from '../internal/program';
import type { WebhookConfig } from './schema';

interface MutatorProps {
  readonly policy: RuntimePolicy;
  /** Those that this project creates. The mutator cannot ask the API server for others. */
  readonly runtimeClasses: readonly RuntimeClass[];
  readonly webhook: WebhookConfig;
  readonly bundles: Pick<Bundles, 'webhook'>;
}

/**
 * The mutating webhook's server: Deployment, Service, PodDisruptionBudget, NetworkPolicy and the ConfigMaps it reads.
 * It has no ServiceAccount token, no permissions and no egress.
 * `MutatorRegistration` registers it with the API server, last of all.
 */
export class Mutator extends Construct {
  constructor(scope: Construct, id: string, props: MutatorProps) {
    super(scope, id);
    const metadata = (name: string = MUTATOR.name) =>
      platformMetadata(MUTATOR.name, { name, namespace: NAMESPACES.gatekeeper });
    const selector = selectorLabels(MUTATOR.name);

    new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: metadata(),
      automountServiceAccountToken: false,
    });
    // Mutable on purpose: the server reloads the files when they change.
    new k8s.KubeConfigMap(this, 'Policy', {
      metadata: metadata(MUTATOR.policyConfigMap),
      data: {
        [POLICY_KEY]: JSON.stringify(props.policy),
        [RUNTIME_CLASSES_KEY]: JSON.stringify(props.runtimeClasses),
      },
    });
    const clientCa = props.webhook.clientCertificates?.ca;
    if (typeof clientCa === 'string') {
      new k8s.KubeConfigMap(this, 'ClientCa', {
        metadata: metadata(CLIENT_CA_CONFIG_MAP),
        data: { [CLIENT_CA_FILE]: clientCa },
      });
    }
    const code = program(this, {
      component: MUTATOR.name,
      file: 'webhook.js',
      source: props.bundles.webhook,
      image: props.webhook.image,
      nodeImageDigest: props.webhook.nodeImageDigest,
    });
    new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', {
      metadata: metadata(),
      // The API server and the kubelet have no labels to select, so ingress may come from any address, but only to these ports.
      spec: onlyThis(
        { matchLabels: selector },
        { ingress: [{ ports: Object.values(MUTATOR_PORTS).map(tcp) }] },
      ),
    });
    new k8s.KubePodDisruptionBudget(this, 'DisruptionBudget', {
      metadata: metadata(),
      spec: {
        selector: { matchLabels: selector },
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        // A pod that is not ready answers no review, so it must not block the drain of its node.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
    new k8s.KubeService(this, 'Service', {
      metadata: metadata(),
      spec: {
        selector,
        publishNotReadyAddresses: false,
        ports: [{ name: 'webhook', port: 443, targetPort: k8s.IntOrString.fromString('webhook') }],
      },
    });
    const deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata: metadata(),
      spec: {
        replicas: props.webhook.replicas,
        selector: { matchLabels: selector },
        strategy: {
          type: 'RollingUpdate',
          // The new pod serves before the old one ends: a rollout loses no call.
          rollingUpdate: {
            maxUnavailable: k8s.IntOrString.fromNumber(0),
            maxSurge: k8s.IntOrString.fromNumber(1),
          },
        },
        template: {
          metadata: { labels: platformLabels(MUTATOR.name) },
          spec: mutatorPod(code, props.webhook),
        },
      },
    });
    deployLast(this, deployment);
  }
}

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { platformLabels, selectorLabels } from '../internal/labels';
import type { Bundles } from '../../programs/bundle';
import { CLIENT_CA_CONFIG_MAP, CLIENT_CA_FILE } from './client-certificates';
import { MUTATOR_PORTS, mutatorPod, POLICY_KEY } from './mutator-pod';
import { program } from '../internal/program';
import type { WebhookConfig } from './schema';

interface MutatorProps {
  readonly policy: RuntimePolicy;
  readonly webhook: WebhookConfig;
  readonly bundles: Pick<Bundles, 'webhook'>;
}

/**
 * The mutating webhook's server: Deployment, Service, disruption budget, network policy and what it reads.
 * It holds no ServiceAccount token, no permission and no way out to the network.
 * The registration with the API server is `MutatorRegistration`, which comes last of all.
 */
export class Mutator extends Construct {
  constructor(scope: Construct, id: string, props: MutatorProps) {
    super(scope, id);
    const metadata = (name: string = MUTATOR.name) => ({
      name,
      namespace: NAMESPACES.gatekeeper,
      labels: platformLabels(MUTATOR.name),
    });
    const selector = selectorLabels(MUTATOR.name);

    new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: metadata(),
      automountServiceAccountToken: false,
    });
    // Mutable on purpose: the server reloads the policy when the file changes.
    new k8s.KubeConfigMap(this, 'Policy', {
      metadata: metadata(MUTATOR.policyConfigMap),
      data: { [POLICY_KEY]: JSON.stringify(props.policy) },
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
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ['Ingress', 'Egress'],
        // The API server and the kubelet have no labels to select, so from anywhere, but only to these ports.
        ingress: [
          {
            ports: Object.values(MUTATOR_PORTS).map((port) => ({
              protocol: 'TCP',
              port: k8s.IntOrString.fromNumber(port),
            })),
          },
        ],
      },
    });
    new k8s.KubePodDisruptionBudget(this, 'DisruptionBudget', {
      metadata: metadata(),
      spec: {
        selector: { matchLabels: selector },
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        // A pod that is not ready serves nobody, so it must not hold up draining its node either.
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
          // The new pod serves before the old one goes: no call is lost in a rollout.
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
    for (const needed of this.node.children) {
      if (needed !== deployment) deployment.node.addDependency(needed);
    }
  }
}

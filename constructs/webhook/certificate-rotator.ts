import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { platformLabels, selectorLabels } from '../internal/labels';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../internal/restricted-pod';
import type { Bundles } from '../../programs/bundle';
import { probes } from './probes';
import { program, PROGRAM_PORTS, type Program } from '../internal/program';
import { RotatorAccess } from './rotator-access';
import type { WebhookConfig } from './schema';

interface CertificateRotatorProps {
  readonly webhook: Pick<WebhookConfig, 'image' | 'nodeImageDigest' | 'apiServerPorts'>;
  readonly bundles: Pick<Bundles, 'rotator'>;
}

/**
 * Keeps the mutator's certificate and the `caBundle` of its webhook configuration. One replica: a second would only
 * contend for the same objects, and the certificates outlive any absence by days.
 */
export class CertificateRotator extends Construct {
  constructor(scope: Construct, id: string, props: CertificateRotatorProps) {
    super(scope, id);
    const metadata = {
      name: MUTATOR.rotator,
      namespace: NAMESPACES.gatekeeper,
      labels: platformLabels(MUTATOR.rotator),
    };
    const selector = { matchLabels: selectorLabels(MUTATOR.rotator) };

    new RotatorAccess(this, 'Access');
    const code = program(this, {
      component: MUTATOR.rotator,
      file: 'rotator.js',
      source: props.bundles.rotator,
      image: props.webhook.image,
      nodeImageDigest: props.webhook.nodeImageDigest,
    });
    new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', {
      metadata,
      spec: {
        podSelector: selector,
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ ports: Object.values(PROGRAM_PORTS).map(tcp) }],
        // The API server has no labels to select, so any address, but only on its ports. No DNS: the kubelet gives
        // the address of the API server as an environment variable.
        egress: [{ ports: props.webhook.apiServerPorts.map(tcp) }],
      },
    });
    const deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata,
      spec: {
        replicas: 1,
        selector,
        strategy: { type: 'Recreate' },
        template: { metadata: { labels: platformLabels(MUTATOR.rotator) }, spec: pod(code) },
      },
    });
    for (const needed of this.node.children) {
      if (needed !== deployment) deployment.node.addDependency(needed);
    }
  }
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}

function pod(code: Program): k8s.PodSpec {
  return {
    serviceAccountName: MUTATOR.rotator,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    priorityClassName: 'system-cluster-critical',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    securityContext: RESTRICTED_POD,
    containers: [
      {
        name: 'rotator',
        image: code.image,
        imagePullPolicy: 'IfNotPresent',
        command: code.command,
        args: [
          `--namespace=${NAMESPACES.gatekeeper}`,
          `--secret=${MUTATOR.certificateSecret}`,
          `--ca-secret=${MUTATOR.caSecret}`,
          `--webhook-configuration=${MUTATOR.name}`,
          `--service=${MUTATOR.name}`,
          `--health-port=${PROGRAM_PORTS.health}`,
          `--metrics-port=${PROGRAM_PORTS.metrics}`,
        ],
        ports: [
          { name: 'health', containerPort: PROGRAM_PORTS.health },
          { name: 'metrics', containerPort: PROGRAM_PORTS.metrics },
        ],
        ...probes('health'),
        resources: {
          requests: {
            cpu: k8s.Quantity.fromString('10m'),
            memory: k8s.Quantity.fromString('64Mi'),
          },
          limits: { memory: k8s.Quantity.fromString('128Mi') },
        },
        securityContext: RESTRICTED_CONTAINER,
        volumeMounts: code.volumeMounts,
      },
    ],
    volumes: code.volumes,
  };
}

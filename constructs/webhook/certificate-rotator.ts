/** The construct of the certificate rotator. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { MUTATOR, NAMESPACES } from '../../base/names';
import { argsOf } from '../../programs/flags';
import { ROTATOR_FLAGS } from '../../webhook-src/rotator/flags';
import { CLUSTER_CRITICAL } from '../internal/critical-pods-quota';
import { deployLast } from '../internal/dependencies';
import { platformLabels, platformMetadata, selectorLabels } from '../internal/labels';
import { egressTo, onlyThis, tcp } from '../internal/network-policy';
import { resourceRequirements } from '../internal/quantities';
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
 * Keeps the mutator's certificate and the `caBundle` of its webhook configuration. One replica: a second would only compete for the same
 * objects, and the certificates stay valid for days without it.
 */
export class CertificateRotator extends Construct {
  constructor(scope: Construct, id: string, props: CertificateRotatorProps) {
    super(scope, id);
    const metadata = platformMetadata(MUTATOR.rotator, { namespace: NAMESPACES.gatekeeper });
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
      // The API server has no labels to select, so egress may go to any address, but only to its ports. No DNS: the kubelet passes the address of
      // the API server as an environment variable.
      spec: onlyThis(selector, {
        ingress: [{ ports: Object.values(PROGRAM_PORTS).map(tcp) }],
        egress: egressTo(props.webhook.apiServerPorts),
      }),
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
    deployLast(this, deployment);
  }
}

function pod(code: Program): k8s.PodSpec {
  return {
    serviceAccountName: MUTATOR.rotator,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    priorityClassName: CLUSTER_CRITICAL,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    securityContext: RESTRICTED_POD,
    containers: [
      {
        name: 'rotator',
        image: code.image,
        imagePullPolicy: 'IfNotPresent',
        command: code.command,
        args: argsOf(ROTATOR_FLAGS, {
          namespace: NAMESPACES.gatekeeper,
          secret: MUTATOR.certificateSecret,
          'ca-secret': MUTATOR.caSecret,
          'webhook-configuration': MUTATOR.name,
          service: MUTATOR.name,
          'health-port': PROGRAM_PORTS.health,
          'metrics-port': PROGRAM_PORTS.metrics,
        }),
        ports: [
          { name: 'health', containerPort: PROGRAM_PORTS.health },
          { name: 'metrics', containerPort: PROGRAM_PORTS.metrics },
        ],
        ...probes('health'),
        resources: resourceRequirements({
          requests: { cpu: '10m', memory: '64Mi' },
          limits: { memory: '128Mi' },
        }),
        securityContext: RESTRICTED_CONTAINER,
        volumeMounts: code.volumeMounts,
      },
    ],
    volumes: code.volumes,
  };
}

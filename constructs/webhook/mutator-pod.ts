/** The pod of the mutating webhook. */
import type { k8s } from 'cdk8s-plus-27';
import { MUTATOR } from '../../base/names';
import { argsOf } from '../../programs/flags';
import { WEBHOOK_FLAGS } from '../../webhook-src/server/flags';
import { NODE_FLAGS } from '../../webhook-src/server/memory';
import { CLUSTER_CRITICAL } from '../internal/critical-pods-quota';
import { selectorLabels } from '../internal/labels';
import { resourceRequirements } from '../internal/quantities';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../internal/restricted-pod';
import { probes } from './probes';
import { PROGRAM_PORTS, type Program } from '../internal/program';
import { clientCaVolume, clientFlags, CLIENT_CA_DIRECTORY } from './client-certificates';
import type { WebhookConfig } from './schema';

export const MUTATOR_PORTS = { webhook: WEBHOOK_FLAGS.port.default, ...PROGRAM_PORTS } as const;

/** Keys of the policy ConfigMap, and the files they become. */
export const POLICY_KEY = 'policy.json';
export const RUNTIME_CLASSES_KEY = 'runtime-classes.json';

const CERTIFICATE_DIRECTORY = '/etc/mutator/cert';
const POLICY_DIRECTORY = '/etc/mutator/policy';

/**
 * After SIGTERM the pod keeps serving for this long: the time until no API server has it among its endpoints
 * (webhook-src/server/lifecycle.ts). So it needs no preStop hook.
 */
const DRAIN_SECONDS = WEBHOOK_FLAGS['drain-seconds'].default;

/** The last calls may take 5 s after draining (webhook-src/server/lifecycle.ts); the rest is reserve. */
const GRACE_SECONDS = DRAIN_SECONDS + 15;

export function mutatorPod(program: Program, webhook: WebhookConfig): k8s.PodSpec {
  return {
    serviceAccountName: MUTATOR.name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: CLUSTER_CRITICAL,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    securityContext: RESTRICTED_POD,
    ...spread(),
    containers: [container(program, webhook)],
    volumes: [
      ...program.volumes,
      // Readable for the group RESTRICTED_POD.fsGroup, and for no other user.
      { name: 'cert', secret: { secretName: MUTATOR.certificateSecret, defaultMode: 0o440 } },
      { name: 'policy', configMap: { name: MUTATOR.policyConfigMap } },
      ...clientCaVolume(webhook.clientCertificates),
    ],
  };
}

function container(program: Program, webhook: WebhookConfig): k8s.Container {
  return {
    name: 'mutator',
    image: program.image,
    imagePullPolicy: 'IfNotPresent',
    command: program.command,
    args: argsOf(WEBHOOK_FLAGS, {
      'cert-dir': CERTIFICATE_DIRECTORY,
      'policy-file': `${POLICY_DIRECTORY}/${POLICY_KEY}`,
      'runtime-classes-file': `${POLICY_DIRECTORY}/${RUNTIME_CLASSES_KEY}`,
      port: MUTATOR_PORTS.webhook,
      'health-port': MUTATOR_PORTS.health,
      'metrics-port': MUTATOR_PORTS.metrics,
      'drain-seconds': DRAIN_SECONDS,
      ...clientFlags(webhook.clientCertificates),
    }),
    // The memory limit relies on these.
    env: [{ name: 'NODE_OPTIONS', value: NODE_FLAGS }],
    ports: [
      { name: 'webhook', containerPort: MUTATOR_PORTS.webhook },
      { name: 'health', containerPort: MUTATOR_PORTS.health },
      { name: 'metrics', containerPort: MUTATOR_PORTS.metrics },
    ],
    ...probes('health'),
    resources: resourceRequirements(webhook.resources),
    securityContext: RESTRICTED_CONTAINER,
    volumeMounts: [
      ...program.volumeMounts,
      { name: 'cert', mountPath: CERTIFICATE_DIRECTORY, readOnly: true },
      { name: 'policy', mountPath: POLICY_DIRECTORY, readOnly: true },
      ...(webhook.clientCertificates === undefined
        ? []
        : [{ name: 'client-ca', mountPath: CLIENT_CA_DIRECTORY, readOnly: true }]),
    ],
  };
}

/** Pods on different nodes and zones: preferred, never required. */
function spread(): Pick<k8s.PodSpec, 'affinity' | 'topologySpreadConstraints'> {
  const labelSelector = { matchLabels: selectorLabels(MUTATOR.name) };
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector,
      },
    ],
  };
}

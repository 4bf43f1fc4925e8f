/** The two Deployments, the Service in front of the webhooks and the controller's disruption budget. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { CLUSTER_CRITICAL } from '../internal/critical-pods-quota';
import { imageReference } from '../internal/image-reference';
import { resourceRequirements } from '../internal/quantities';
import { auditArgs, controllerArgs, WEBHOOK_PORT } from './args';
import {
  CERTIFICATE_SECRET,
  namespacedMetadata,
  POD_LABELS,
  SERVICE_ACCOUNT,
  WEBHOOK_PORT_NAME,
  WEBHOOK_SERVICE,
} from './names';
import type { GatekeeperSettings } from './schema';

const CONTROLLER = 'gatekeeper-controller-manager';
const AUDIT = 'gatekeeper-audit';
const HEALTH_PORT = 9090;
export const METRICS_PORT = 8888;

const CERTIFICATE_MOUNT = { name: 'cert', mountPath: '/certs', readOnly: true };
const CERTIFICATE_VOLUME = {
  name: CERTIFICATE_MOUNT.name,
  secret: { secretName: CERTIFICATE_SECRET, defaultMode: 0o644 },
};
const AUDIT_CACHE_MOUNT = { name: 'tmp-volume', mountPath: '/tmp/audit' };

/** User and group of the official image (Dockerfile of Gatekeeper). */
const SECURITY_CONTEXT: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsGroup: 999,
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

const ENVIRONMENT: k8s.EnvVar[] = [
  fromField('POD_NAMESPACE', { apiVersion: 'v1', fieldPath: 'metadata.namespace' }),
  fromField('POD_NAME', { fieldPath: 'metadata.name' }),
  fromField('NAMESPACE', { apiVersion: 'v1', fieldPath: 'metadata.namespace' }),
  { name: 'CONTAINER_NAME', value: 'manager' },
  {
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    value:
      'k8s.pod.name=$(POD_NAME),k8s.namespace.name=$(NAMESPACE),k8s.container.name=$(CONTAINER_NAME)',
  },
];

function fromField(name: string, fieldRef: k8s.ObjectFieldSelector): k8s.EnvVar {
  return { name, valueFrom: { fieldRef } };
}

function tcpPort(name: string, containerPort: number): k8s.ContainerPort {
  return { name, containerPort, protocol: 'TCP' };
}

function probe(path: string): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromNumber(HEALTH_PORT) } };
}

/** The differences between the two Deployments. */
interface Role {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly resources: GatekeeperSettings['controller']['resources'];
  readonly args: string[];
  readonly ports: k8s.ContainerPort[];
  readonly mounts: k8s.VolumeMount[];
  readonly volumes: k8s.Volume[];
  readonly affinity?: k8s.Affinity;
}

function container(role: Role, image: GatekeeperSettings['image']): k8s.Container {
  return {
    name: 'manager',
    image: imageReference(image),
    imagePullPolicy: image.pullPolicy,
    command: ['/manager'],
    args: role.args,
    env: ENVIRONMENT,
    ports: [...role.ports, tcpPort('metrics', METRICS_PORT), tcpPort('healthz', HEALTH_PORT)],
    livenessProbe: probe('/healthz'),
    readinessProbe: probe('/readyz'),
    resources: resourceRequirements(role.resources),
    securityContext: SECURITY_CONTEXT,
    volumeMounts: [CERTIFICATE_MOUNT, ...role.mounts],
  };
}

function deploymentProps(role: Role, image: GatekeeperSettings['image']): k8s.KubeDeploymentProps {
  return {
    metadata: { ...namespacedMetadata(role.name), labels: role.labels },
    spec: {
      replicas: role.replicas,
      selector: { matchLabels: role.labels },
      template: {
        metadata: { labels: role.labels },
        spec: {
          ...(role.affinity && { affinity: role.affinity }),
          automountServiceAccountToken: true,
          containers: [container(role, image)],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          priorityClassName: CLUSTER_CRITICAL,
          serviceAccountName: SERVICE_ACCOUNT,
          terminationGracePeriodSeconds: 60,
          volumes: [CERTIFICATE_VOLUME, ...role.volumes],
        },
      },
    },
  };
}

/** Spreads the pods that serve webhooks over nodes, if the cluster has several. */
const SPREAD_OVER_NODES: k8s.Affinity = {
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          labelSelector: {
            matchExpressions: [
              { key: 'gatekeeper.sh/operation', operator: 'In', values: ['webhook'] },
            ],
          },
          topologyKey: 'kubernetes.io/hostname',
        },
      },
    ],
  },
};

export function controllerDeployment(scope: Construct, settings: GatekeeperSettings): ApiObject {
  const role: Role = {
    name: CONTROLLER,
    labels: POD_LABELS.controller,
    replicas: settings.controller.replicas,
    resources: settings.controller.resources,
    args: controllerArgs(settings),
    ports: [tcpPort(WEBHOOK_PORT_NAME, WEBHOOK_PORT)],
    mounts: [],
    volumes: [],
    affinity: SPREAD_OVER_NODES,
  };
  return new k8s.KubeDeployment(
    scope,
    'ControllerDeployment',
    deploymentProps(role, settings.image),
  );
}

export function auditDeployment(scope: Construct, settings: GatekeeperSettings): ApiObject {
  const role: Role = {
    name: AUDIT,
    labels: POD_LABELS.audit,
    // Two audits would overwrite each other's results.
    replicas: 1,
    resources: settings.audit.resources,
    args: auditArgs(settings),
    ports: [],
    mounts: [AUDIT_CACHE_MOUNT],
    volumes: [{ name: AUDIT_CACHE_MOUNT.name, emptyDir: {} }],
  };
  return new k8s.KubeDeployment(scope, 'AuditDeployment', deploymentProps(role, settings.image));
}

export function webhookService(scope: Construct): ApiObject {
  return new k8s.KubeService(scope, 'Service', {
    metadata: namespacedMetadata(WEBHOOK_SERVICE),
    spec: {
      ports: [
        {
          name: `https-${WEBHOOK_PORT_NAME}`,
          port: 443,
          targetPort: k8s.IntOrString.fromString(WEBHOOK_PORT_NAME),
        },
      ],
      selector: POD_LABELS.controller,
    },
  });
}

export function podDisruptionBudget(
  scope: Construct,
  { minAvailable }: GatekeeperSettings['podDisruptionBudget'],
): ApiObject {
  return new k8s.KubePodDisruptionBudget(scope, 'PodDisruptionBudget', {
    metadata: namespacedMetadata(CONTROLLER),
    spec: {
      minAvailable: k8s.IntOrString.fromNumber(minAvailable),
      selector: { matchLabels: POD_LABELS.controller },
    },
  });
}

/** The DaemonSet of kata-deploy. */
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { imageReference } from '../../internal/image-reference';
import { resourceRequirements } from '../../internal/quantities';
import { daemonSetProps } from './daemon-set';
import { environment, HEALTH_PORT } from './environment';
import { installerHostPaths, mountOf, volumeOf } from './host-paths';
import { INSTALLER, SERVICE_ACCOUNT } from './names';
import type { KataNodesSettings } from './settings';

/** How long taking Kata off a node may take; kata-deploy does it when its pod ends. */
const TERMINATION_GRACE_SECONDS = 600;

const TEMPORARY = { name: 'tmp', mountPath: '/tmp' };

/** `/readyz` answers 200 once the installation is complete, `/healthz` from the start (binary/src/health.rs). */
function probe(path: '/readyz' | '/healthz', timing: k8s.Probe): k8s.Probe {
  return { httpGet: { path, port: k8s.IntOrString.fromString('health') }, ...timing };
}

/** The DaemonSet of kata-containers 4.1.0, kata-deploy/templates/kata-deploy.yaml and values.yaml. */
export function installerDaemonSet(scope: Construct, settings: KataNodesSettings): ApiObject {
  const hostPaths = installerHostPaths(settings);
  const { image } = settings;
  const container: k8s.Container = {
    name: 'kube-kata',
    image: imageReference(image),
    imagePullPolicy: image.pullPolicy,
    command: ['/usr/bin/kata-deploy', 'install'],
    env: environment(settings),
    ports: [{ name: 'health', containerPort: HEALTH_PORT, protocol: 'TCP' }],
    // Ten minutes, and no liveness before, for an image of hundreds of megabytes to be unpacked.
    startupProbe: probe('/readyz', {
      initialDelaySeconds: 1,
      periodSeconds: 10,
      failureThreshold: 60,
      timeoutSeconds: 3,
    }),
    livenessProbe: probe('/healthz', { periodSeconds: 30, failureThreshold: 3, timeoutSeconds: 3 }),
    readinessProbe: probe('/readyz', { periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 3 }),
    resources: resourceRequirements(settings.resources),
    securityContext: { privileged: false, readOnlyRootFilesystem: true },
    volumeMounts: [TEMPORARY, ...hostPaths.map(mountOf)],
  };
  return new k8s.KubeDaemonSet(
    scope,
    'Installer',
    daemonSetProps(
      INSTALLER,
      {
        container,
        volumes: [{ name: TEMPORARY.name, emptyDir: {} }, ...hostPaths.map(volumeOf)],
        terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
        serviceAccountName: SERVICE_ACCOUNT,
      },
      settings,
    ),
  );
}

/** The DaemonSet of kata-monitor. */
import { dirname } from 'node:path/posix';
import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { CONTAINERD_SOCKETS } from '../../../base/names';
import { imageReference } from '../../internal/image-reference';
import { resourceRequirements } from '../../internal/quantities';
import { daemonSetProps } from './daemon-set';
import { mountOf, volumeOf } from './host-paths';
import { MONITOR } from './names';
import type { KataNodesSettings } from './settings';

export const METRICS_PORT = 8090;

/**
 * kata-monitor (kata-containers 4.1.0, kata-deploy/templates/kata-monitor.yaml), with three changes.
 *
 * - `/run/kata` is mounted too. The program finds the sandboxes of runtime-rs there (docs/releases/4.1.0.md, #13611), the chart
 *   mounts only the `/run/vc/sbs` of the Go runtime.
 * - No capabilities, no service account token, a read-only root and the runtime's seccomp profile: it reads sockets that belong
 *   to root, as which it runs.
 * - It listens on loopback and is annotated for scraping only when `scrapeFrom` names clients.
 */
export function monitorDaemonSet(scope: Construct, settings: KataNodesSettings): ApiObject {
  const { monitor, containerd, distribution, debug } = settings;
  const scraped = monitor.scrapeFrom.length > 0;
  const socket = containerd.socket ?? CONTAINERD_SOCKETS[distribution];
  const hostPaths = [
    { name: 'containerd-sock', path: dirname(socket), type: 'Directory', readOnly: true },
    { name: 'sandboxes-go', path: '/run/vc/sbs/', type: 'DirectoryOrCreate', readOnly: true },
    { name: 'sandboxes-rust', path: '/run/kata/', type: 'DirectoryOrCreate', readOnly: true },
  ] as const;
  const container: k8s.Container = {
    name: MONITOR,
    image: imageReference(monitor.image),
    imagePullPolicy: monitor.image.pullPolicy,
    args: [
      `-listen-address=${scraped ? '0.0.0.0' : '127.0.0.1'}:${METRICS_PORT}`,
      `-log-level=${debug ? 'debug' : 'info'}`,
      `-runtime-endpoint=unix://${socket}`,
    ],
    ports: [{ name: 'metrics', containerPort: METRICS_PORT, protocol: 'TCP' }],
    resources: resourceRequirements(monitor.resources),
    securityContext: {
      privileged: false,
      runAsUser: 0,
      runAsGroup: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: hostPaths.map(mountOf),
  };
  return new k8s.KubeDaemonSet(
    scope,
    'Monitor',
    daemonSetProps(
      MONITOR,
      {
        container,
        volumes: hostPaths.map(volumeOf),
        terminationGracePeriodSeconds: 30,
        ...(scraped && { annotations: { 'prometheus.io/scrape': 'true' } }),
      },
      settings,
    ),
  );
}

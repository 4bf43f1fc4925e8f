/** The installer's pod: one container with the file system of the host, one with a token, none with both. */
import { dirname } from 'node:path/posix';
import { k8s } from 'cdk8s-plus-27';
import { CONTAINERD_SOCKETS, NAMESPACES } from '../../../base/names';
import { INSTALL_FLAGS } from '../../../installer-src/install/flags';
import { LABEL_FLAGS } from '../../../installer-src/label/flags';
import { argsOf } from '../../../programs/flags';
import { NODE_CRITICAL } from '../../internal/critical-pods-quota';
import { resourceRequirements } from '../../internal/quantities';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../../internal/restricted-pod';
import { PROGRAM_PORTS, type Program } from '../../internal/program';
import { placement } from '../placement';
import { GVISOR_NODE_LABEL, GVISOR_STARTUP_TAINT } from '../scheduling';
import { INSTALLER } from './names';
import { CONTAINERD_CONFIGS, type GvisorNodesSettings } from './schema';

/** Index of the container whose AppArmor profile `gvisor-nodes.ts` lifts. */
export const INSTALL_CONTAINER = 0;

const STARTUP_TAINTS = [{ key: GVISOR_STARTUP_TAINT, effect: 'NoSchedule' }];

const HOST_ROOT = INSTALL_FLAGS['host-root'].default;

/**
 * Messages between the containers: a volume for each direction, read-only where it is read, so that neither container can plant
 * anything where the other writes. Two volumes and no `subPath`, whose targets have been raced before (CVE-2017-1002101,
 * CVE-2021-25741). In memory, because only there `sizeLimit` is the size of the file system: the container that has no host
 * cannot fill the node's disk.
 */
const STATUS = { name: 'status', mountPath: INSTALL_FLAGS['status-dir'].default };
const SHUTDOWN = { name: 'shutdown', mountPath: INSTALL_FLAGS['shutdown-dir'].default };
const MESSAGES_SIZE = '1Mi';

const TOKEN_DIRECTORY = LABEL_FLAGS['service-account-dir'].default;

/** What uninstalling needs beyond draining: the decision of `label`, restarting containerd, removing files. */
const SHUTDOWN_SECONDS = INSTALL_FLAGS['shutdown-seconds'].default;
const UNINSTALL_SECONDS = 180;

/** Lifetime of a token, the same as of those Kubernetes mounts by default. */
const TOKEN_SECONDS = 3607;

export interface InstallerPod {
  readonly settings: GvisorNodesSettings;
  readonly handler: string;
  readonly code: Program;
}

export function installerPod(pod: InstallerPod): k8s.PodSpec {
  const { settings, code } = pod;
  return {
    serviceAccountName: INSTALLER,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: NODE_CRITICAL,
    terminationGracePeriodSeconds: settings.drainSeconds + SHUTDOWN_SECONDS + UNINSTALL_SECONDS,
    ...placement({ ...settings, startupTaints: STARTUP_TAINTS }),
    // Finds the processes that run from an installation, and containerd's own.
    hostPid: true,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    containers: [installContainer(pod), labelContainer(pod)],
    volumes: [
      ...code.volumes,
      ...hostVolumes(settings).map(({ volume }) => volume),
      ...ownVolumes(),
    ],
  };
}

/**
 * Root on the node, whatever `privileged: false` says: it sees the host's processes, and with SYS_ADMIN and SYS_CHROOT it enters their
 * mount namespace to ask systemd for a restart. SYS_PTRACE: /proc/PID/exe of processes with more capabilities. What is left out (devices,
 * other capabilities, host directories it does not change) limits mistakes, and does not keep out an attacker.
 */
const INSTALL_SECURITY: k8s.SecurityContext = {
  runAsUser: 0,
  runAsGroup: 0,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'SYS_CHROOT', 'SYS_PTRACE'] },
  // The type SELinux gives a privileged container; ignored without SELinux.
  seLinuxOptions: { type: 'spc_t' },
};

function installContainer({ settings, handler, code }: InstallerPod): k8s.Container {
  const config = CONTAINERD_CONFIGS[settings.distribution];
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.keys(values)
      .sort()
      .map((key) => `${key}=${values[key]}`)
      .join(',');
  return {
    name: 'install',
    image: code.image,
    imagePullPolicy: 'IfNotPresent',
    command: [...code.command, 'install'],
    args: argsOf(INSTALL_FLAGS, {
      'host-root': HOST_ROOT,
      version: settings.version,
      sha512: pairs(settings.sha512),
      source: settings.source,
      handler,
      'runsc-config': pairs(settings.runscConfig),
      'containerd-config': config.path,
      'generated-config': config.generated,
      'containerd-socket': CONTAINERD_SOCKETS[settings.distribution],
      'status-dir': STATUS.mountPath,
      'shutdown-dir': SHUTDOWN.mountPath,
      'shutdown-seconds': SHUTDOWN_SECONDS,
      'drain-seconds': settings.drainSeconds,
    }),
    resources: resourceRequirements(settings.resources),
    securityContext: INSTALL_SECURITY,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      ...code.volumeMounts,
      ...hostVolumes(settings).map(({ mount }) => mount),
      STATUS,
      { ...SHUTDOWN, readOnly: true },
    ],
  };
}

function labelContainer({ handler, code }: InstallerPod): k8s.Container {
  const get = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString('health') } });
  return {
    name: 'label',
    image: code.image,
    imagePullPolicy: 'IfNotPresent',
    command: [...code.command, 'label'],
    args: argsOf(LABEL_FLAGS, {
      node: '$(NODE_NAME)',
      namespace: NAMESPACES.gvisor,
      daemonset: INSTALLER,
      label: GVISOR_NODE_LABEL,
      'startup-taint': GVISOR_STARTUP_TAINT,
      handler,
      'status-dir': STATUS.mountPath,
      'shutdown-dir': SHUTDOWN.mountPath,
      'health-port': PROGRAM_PORTS.health,
      'metrics-port': PROGRAM_PORTS.metrics,
      'service-account-dir': TOKEN_DIRECTORY,
    }),
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    ports: [
      { name: 'health', containerPort: PROGRAM_PORTS.health },
      { name: 'metrics', containerPort: PROGRAM_PORTS.metrics },
    ],
    // Ready when the node runs gVisor, so that a rollout stops at the first node that does not.
    readinessProbe: { ...get('/readyz'), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: {
      ...get('/healthz'),
      initialDelaySeconds: 10,
      periodSeconds: 10,
      failureThreshold: 3,
    },
    resources: resourceRequirements({
      requests: { cpu: '10m', memory: '64Mi' },
      limits: { memory: '128Mi' },
    }),
    securityContext: {
      ...RESTRICTED_CONTAINER,
      runAsNonRoot: true,
      ...(RESTRICTED_POD.runAsUser !== undefined && { runAsUser: RESTRICTED_POD.runAsUser }),
      ...(RESTRICTED_POD.runAsGroup !== undefined && { runAsGroup: RESTRICTED_POD.runAsGroup }),
    },
    volumeMounts: [
      ...code.volumeMounts,
      { ...STATUS, readOnly: true },
      SHUTDOWN,
      { name: 'token', mountPath: TOKEN_DIRECTORY, readOnly: true },
    ],
  };
}

interface HostVolume {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
}

/** /opt and not only our directory in it: a mount point cannot be removed, and uninstalling removes that directory. */
function hostVolumes({ distribution }: GvisorNodesSettings): HostVolume[] {
  const host = (name: string, path: string, type: string, readOnly: boolean): HostVolume => ({
    volume: { name, hostPath: { path, type } },
    mount: { name, mountPath: `${HOST_ROOT}${path}`, readOnly },
  });
  return [
    host('opt', '/opt', 'DirectoryOrCreate', false),
    host('config', dirname(CONTAINERD_CONFIGS[distribution].path), 'DirectoryOrCreate', false),
    // The directory, because a restart replaces the socket.
    host('socket', dirname(CONTAINERD_SOCKETS[distribution]), 'Directory', true),
  ];
}

function ownVolumes(): k8s.Volume[] {
  return [
    ...[STATUS, SHUTDOWN].map(({ name }) => ({
      name,
      emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString(MESSAGES_SIZE) },
    })),
    {
      name: 'token',
      projected: {
        defaultMode: 0o444,
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    },
  ];
}

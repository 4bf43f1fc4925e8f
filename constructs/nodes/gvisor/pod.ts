/** The installer's pod: one container with the host and no token, one with a token and no host. */
import { dirname } from 'node:path/posix';
import { k8s } from 'cdk8s-plus-27';
import { CONTAINERD_SOCKETS, NAMESPACES } from '../../../base/names';
import { NODE_CRITICAL } from '../../internal/critical-pods-quota';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../../internal/restricted-pod';
import { PROGRAM_PORTS, type Program } from '../../internal/program';
import { INSTALLER } from './names';
import { CONTAINERD_CONFIGS, type GvisorNodesSettings } from './schema';
import { GVISOR_NODE_LABEL, GVISOR_STARTUP_TAINT, POOL_TAINT } from '../scheduling';

/** Index of the container whose profile `gvisor.ts` lifts. */
export const INSTALL_CONTAINER = 0;

const HOST_ROOT = '/host';
/**
 * What the containers tell each other: a volume for each direction, read-only where it is read, so that neither container can plant
 * anything where the other writes. Two volumes and no `subPath`, whose targets have been raced before (CVE-2017-1002101,
 * CVE-2021-25741). In memory, because only there `sizeLimit` is the size of the file system: the container that has no host
 * cannot fill the node's disk.
 */
const STATUS = { name: 'status', mountPath: '/status' };
const FAREWELL = { name: 'farewell', mountPath: '/farewell' };
const EXCHANGE_SIZE = '1Mi';

const TOKEN_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the installer needs above the drain: the labeller's word, restarting containerd, removing files. */
const FAREWELL_SECONDS = 60;
const UNINSTALL_SECONDS = 180;

/** Lifetime of a token, as for those Kubernetes mounts by itself. */
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
    terminationGracePeriodSeconds: settings.drainSeconds + FAREWELL_SECONDS + UNINSTALL_SECONDS,
    nodeSelector: { 'kubernetes.io/os': 'linux', ...settings.nodeSelector },
    tolerations: [
      { key: GVISOR_STARTUP_TAINT, operator: 'Exists', effect: 'NoSchedule' },
      { key: POOL_TAINT, operator: 'Equal', value: 'gvisor', effect: 'NoSchedule' },
      ...settings.tolerations,
    ],
    // To see which processes run from an installation, and which one containerd is.
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
 * other capabilities, host directories it does not change) keeps a mistake small, not an attacker out.
 */
const INSTALL_SECURITY: k8s.SecurityContext = {
  runAsUser: 0,
  runAsGroup: 0,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], add: ['SYS_ADMIN', 'SYS_CHROOT', 'SYS_PTRACE'] },
  // What SELinux gives a privileged container; without SELinux it means nothing.
  seLinuxOptions: { type: 'spc_t' },
};

function installContainer({ settings, handler, code }: InstallerPod): k8s.Container {
  const config = CONTAINERD_CONFIGS[settings.distribution];
  const { cpuRequest, memoryRequest, memoryLimit } = settings.resources;
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
    args: [
      `--host-root=${HOST_ROOT}`,
      `--version=${settings.version}`,
      `--sha512=${pairs(settings.sha512)}`,
      `--source=${settings.source}`,
      `--handler=${handler}`,
      `--runsc-config=${pairs(settings.runscConfig)}`,
      `--containerd-config=${config.path}`,
      ...(config.generated ? ['--generated-config'] : []),
      `--containerd-socket=${CONTAINERD_SOCKETS[settings.distribution]}`,
      `--status-dir=${STATUS.mountPath}`,
      `--farewell-dir=${FAREWELL.mountPath}`,
      `--farewell-seconds=${FAREWELL_SECONDS}`,
      `--drain-seconds=${settings.drainSeconds}`,
    ],
    resources: {
      requests: {
        cpu: k8s.Quantity.fromString(cpuRequest),
        memory: k8s.Quantity.fromString(memoryRequest),
      },
      limits: { memory: k8s.Quantity.fromString(memoryLimit) },
    },
    securityContext: INSTALL_SECURITY,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      ...code.volumeMounts,
      ...hostVolumes(settings).map(({ mount }) => mount),
      STATUS,
      { ...FAREWELL, readOnly: true },
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
    args: [
      '--node=$(NODE_NAME)',
      `--namespace=${NAMESPACES.gvisor}`,
      `--daemonset=${INSTALLER}`,
      `--label=${GVISOR_NODE_LABEL}`,
      `--startup-taint=${GVISOR_STARTUP_TAINT}`,
      `--handler=${handler}`,
      `--status-dir=${STATUS.mountPath}`,
      `--farewell-dir=${FAREWELL.mountPath}`,
      `--health-port=${PROGRAM_PORTS.health}`,
      `--metrics-port=${PROGRAM_PORTS.metrics}`,
      `--service-account-dir=${TOKEN_DIRECTORY}`,
    ],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    ports: [
      { name: 'health', containerPort: PROGRAM_PORTS.health },
      { name: 'metrics', containerPort: PROGRAM_PORTS.metrics },
    ],
    // Ready when the node offers gVisor, so that a rollout stops at the first node where it does not.
    readinessProbe: { ...get('/readyz'), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: {
      ...get('/healthz'),
      initialDelaySeconds: 10,
      periodSeconds: 10,
      failureThreshold: 3,
    },
    resources: {
      requests: { cpu: k8s.Quantity.fromString('10m'), memory: k8s.Quantity.fromString('64Mi') },
      limits: { memory: k8s.Quantity.fromString('128Mi') },
    },
    securityContext: {
      ...RESTRICTED_CONTAINER,
      runAsNonRoot: true,
      ...(RESTRICTED_POD.runAsUser !== undefined && { runAsUser: RESTRICTED_POD.runAsUser }),
      ...(RESTRICTED_POD.runAsGroup !== undefined && { runAsGroup: RESTRICTED_POD.runAsGroup }),
    },
    volumeMounts: [
      ...code.volumeMounts,
      { ...STATUS, readOnly: true },
      FAREWELL,
      { name: 'token', mountPath: TOKEN_DIRECTORY, readOnly: true },
    ],
  };
}

interface HostVolume {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
}

/** /opt and not only our directory in it: a mount point cannot be removed, and uninstalling removes it. */
function hostVolumes({ distribution }: GvisorNodesSettings): HostVolume[] {
  const host = (name: string, path: string, type: string, readOnly: boolean): HostVolume => ({
    volume: { name, hostPath: { path, type } },
    mount: { name, mountPath: `${HOST_ROOT}${path}`, readOnly },
  });
  return [
    host('opt', '/opt', 'DirectoryOrCreate', false),
    host('config', dirname(CONTAINERD_CONFIGS[distribution].path), 'DirectoryOrCreate', false),
    // The directory, because the socket in it is another one after a restart.
    host('socket', dirname(CONTAINERD_SOCKETS[distribution]), 'Directory', true),
  ];
}

function ownVolumes(): k8s.Volume[] {
  return [
    ...[STATUS, FAREWELL].map(({ name }) => ({
      name,
      emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString(EXCHANGE_SIZE) },
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

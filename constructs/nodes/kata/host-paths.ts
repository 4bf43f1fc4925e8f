/** The host paths that kata-deploy mounts. */
import type { k8s } from 'cdk8s-plus-27';
import { CONTAINERD_CONFIG_DIRECTORIES } from './distributions';
import type { KataNodesSettings } from './settings';

interface HostPath {
  readonly name: string;
  readonly path: string;
  /** @default where it is on the host */
  readonly mountPath?: string;
  /** What the kubelet checks or makes first. @default nothing */
  readonly type?: 'Directory' | 'DirectoryOrCreate' | 'File' | 'Socket';
  readonly readOnly?: true;
}

/**
 * All of the host that kata-deploy sees (kata-containers 4.1.0, kata-deploy/templates/_helpers.tpl, `commonVolumes` and
 * `commonVolumeMounts`). The socket is systemd's own: through it the container runtime is restarted, and every process that holds it is
 * root on the node.
 */
export function installerHostPaths({
  distribution,
  containerd,
}: Pick<KataNodesSettings, 'distribution' | 'containerd'>): readonly HostPath[] {
  return [
    { name: 'crio-conf', path: '/etc/crio/' },
    {
      name: 'containerd-conf',
      path: containerd.configDirectory ?? CONTAINERD_CONFIG_DIRECTORIES[distribution],
      mountPath: '/etc/containerd/',
    },
    { name: 'kata-install', path: '/opt/kata', type: 'DirectoryOrCreate' },
    { name: 'systemd-system', path: '/etc/systemd/system', type: 'DirectoryOrCreate' },
    { name: 'systemd-private', path: '/run/systemd/private', type: 'Socket' },
    { name: 'boot', path: '/boot', readOnly: true },
    {
      name: 'host-machine-id',
      path: '/etc/machine-id',
      mountPath: '/host-machine-id',
      type: 'File',
      readOnly: true,
    },
    // The lock that several installations on one node take in turn.
    {
      name: 'host-run-lock',
      path: '/run/lock',
      mountPath: '/host-run-lock',
      type: 'DirectoryOrCreate',
    },
    ...programs('host-usr-bin', '/usr/bin', '/host-usr/bin'),
    ...programs('host-usr-sbin', '/usr/sbin', '/host-usr/sbin'),
    ...programs('host-usr-local-bin', '/usr/local/bin', '/host-usr-local/bin'),
    ...programs('host-usr-local-sbin', '/usr/local/sbin', '/host-usr-local/sbin'),
    ...programs('host-bin', '/bin', '/host-bin'),
    ...programs('host-sbin', '/sbin', '/host-sbin'),
  ];
}

function programs(name: string, path: string, mountPath: string): HostPath[] {
  return [{ name, path, mountPath, readOnly: true }];
}

export function volumeOf({ name, path, type }: HostPath): k8s.Volume {
  return { name, hostPath: { path, ...(type && { type }) } };
}

export function mountOf({ name, path, mountPath = path, readOnly }: HostPath): k8s.VolumeMount {
  return { name, mountPath, ...(readOnly && { readOnly }) };
}

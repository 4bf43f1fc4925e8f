/** Writes the root file system of a node. */
import { copyFile, link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  GVISOR_DROP_IN,
  KUBELET_SYSCTLS,
  RUNSC_CONFIG,
  cniConfig,
  containerdConfig,
  kubeProxyConfig,
  kubeletConfig,
  type NodeSettings,
} from './config';
import { writeKubeconfig, type Kubeconfig } from '../control-plane/kubeconfig';
import { policyRules } from './network-policies';
import type { NodePrograms } from './programs';

/** Folders of a node's root; init.sh mounts over some of them. */
const FOLDERS = [
  ...[
    'boot',
    'dev',
    'etc',
    'home',
    'media',
    'mnt',
    'proc',
    'root',
    'run',
    'srv',
    'sys',
    'tmp',
    'usr',
  ],
  ...[
    'opt/cni/bin',
    'opt/node/bin',
    'var/cache',
    'var/lib',
    'var/log/node',
    'var/log/pods',
    'var/tmp',
  ],
];

/** The content of a node's disk besides its settings. */
export interface DiskContent {
  readonly programs: NodePrograms;
  /** Whether gVisor is preinstalled, as on nodes of a provider that offers it. */
  readonly gvisor: 'preinstalled' | 'none';
  readonly clusterCidr: string;
  readonly kubelet: Kubeconfig;
  readonly kubeProxy: Kubeconfig;
  /** Credentials of the enforcer of NetworkPolicies. */
  readonly policyAgent: Kubeconfig;
  readonly resolvConf: string;
}

/**
 * Paths of a node's files on this computer: `root` is its root file system, `own` holds the parts of its /etc
 * that hide the computer's, `upper` and `work` its changes to /usr and /etc.
 */
export const diskPaths = (nodeDir: string) => ({
  root: join(nodeDir, 'root'),
  own: (folder: string): string => join(nodeDir, 'own', folder),
  upper: (folder: string): string => join(nodeDir, 'upper', folder),
  sysctl: join(nodeDir, 'sysctl'),
  /** Exists when the network of the node is complete; init.sh waits for it. */
  joined: join(nodeDir, 'joined'),
  log: (program: string): string => join(nodeDir, 'root/var/log/node', `${program}.log`),
  /** Exists if NetworkPolicies are not enforced, and says why; written before containerd answers. */
  notEnforced: join(nodeDir, 'root/var/log/node/network-policies.not-enforced'),
});

/** Writes a node's disk into `nodeDir`, which must not exist or be empty. */
export async function writeDisk(
  nodeDir: string,
  settings: NodeSettings,
  content: DiskContent,
): Promise<void> {
  const { root, own, upper, sysctl } = diskPaths(nodeDir);
  await mkdir(nodeDir, { recursive: true, mode: 0o700 });
  for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true });
  await symlink('/run', join(root, 'var/run'));

  const { programs } = content;
  for (const [name, path] of Object.entries(programs.node)) {
    await place(path, join(root, 'opt/node/bin', name));
  }
  if (programs.policyAgent !== undefined) {
    await place(programs.policyAgent, join(root, 'opt/node/bin/kube-network-policies'));
  }
  for (const [name, path] of Object.entries(programs.cni)) {
    await place(path, join(root, 'opt/cni/bin', name));
  }

  await writeTree(own('containerd'), {
    'config.toml': containerdConfig(settings),
    ...(content.gvisor === 'preinstalled' && {
      'conf.d/gvisor.toml': GVISOR_DROP_IN,
      'runsc.toml': RUNSC_CONFIG,
    }),
  });
  await mkdir(join(own('containerd'), 'conf.d'), { recursive: true });
  await writeTree(own('cni'), { 'net.d/10-pods.conflist': cniConfig(settings) });
  await writeTree(own('kubernetes'), {
    'ca.crt': content.kubelet.ca,
    'kubelet.yaml': kubeletConfig(settings),
    'kube-proxy.yaml': kubeProxyConfig(content.clusterCidr),
    'network-policies.rules': policyRules(),
  });
  await writeKubeconfig(join(own('kubernetes'), 'kubelet.kubeconfig'), content.kubelet);
  await writeKubeconfig(join(own('kubernetes'), 'kube-proxy.kubeconfig'), content.kubeProxy);
  await writeKubeconfig(
    join(own('kubernetes'), 'network-policies.kubeconfig'),
    content.policyAgent,
  );
  await writeTree(upper('etc'), {
    hostname: `${settings.name}\n`,
    hosts: `127.0.0.1 localhost\n::1 localhost\n${settings.address.ip} ${settings.name}\n`,
    'machine-id': `${randomBytes(16).toString('hex')}\n`,
    'resolv.conf': content.resolvConf,
  });
  if (content.gvisor === 'preinstalled') {
    for (const [name, path] of Object.entries(programs.gvisor)) {
      await place(path, join(upper('usr'), 'local/bin', name));
    }
  }
  await writeTree(sysctl, KUBELET_SYSCTLS);
}

async function writeTree(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** A hard link if both paths are on one file system, else a copy. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rm(to, { force: true });
  await link(from, to).catch(() => copyFile(from, to));
}

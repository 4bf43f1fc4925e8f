/** The tools of a local cluster: version, module and release of each. */
import { join } from 'node:path';
import { VERSIONS } from '../../base/versions';
import type { Release } from './download';

export type ToolName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'gatekeeper';

/** A program of the local cluster, and its possible sources. */
export interface Tool {
  readonly name: ToolName;
  /** Exact, as the module's tag. */
  readonly version: string;
  /** Folder of the go.mod that pins it. */
  readonly moduleDir: string;
  /** Its main package. */
  readonly package: string;
  /** Arguments that make it print its version; without them an installed one is never used, because its version is unknown. */
  readonly versionArgs?: readonly string[];
  /** The publisher's own build for this computer, if one exists. */
  readonly release?: Release | undefined;
}

const MODULE_DIR = join(__dirname, 'kubernetes');

/**
 * Without these, a Kubernetes program built outside its own tree reports version v0.0.0-master
 * (k8s.io/component-base/version/base.go). They are harmless to programs that do not import that package.
 */
export const LDFLAGS = [
  '-s -w',
  `-X k8s.io/component-base/version.gitVersion=${VERSIONS.kubernetes}`,
  ...majorMinor(VERSIONS.kubernetes),
].join(' ');

export function toolNamed(name: ToolName): Tool {
  switch (name) {
    case 'etcd':
      return {
        name,
        version: VERSIONS.etcd,
        moduleDir: MODULE_DIR,
        package: 'go.etcd.io/etcd/server/v3',
        versionArgs: ['--version'],
        release: etcdRelease(),
      };
    case 'kube-apiserver':
    case 'kube-controller-manager':
    case 'kube-scheduler':
      return kubernetesTool(name, ['--version']);
    case 'kubectl':
      return kubernetesTool(name, ['version', '--client']);
    case 'gatekeeper':
      // The project publishes its manager only as an image.
      return {
        name,
        version: VERSIONS.gatekeeper,
        moduleDir: MODULE_DIR,
        package: 'github.com/open-policy-agent/gatekeeper/v3',
      };
  }
}

function kubernetesTool(name: ToolName, versionArgs: readonly string[]): Tool {
  return {
    name,
    version: VERSIONS.kubernetes,
    moduleDir: MODULE_DIR,
    package: `k8s.io/kubernetes/cmd/${name}`,
    versionArgs,
    release: kubernetesRelease(name),
  };
}

/** https://kubernetes.io/releases/download/#binaries; servers are published for Linux only. */
function kubernetesRelease(name: ToolName): Release | undefined {
  const architecture = goArchitecture();
  if (process.platform !== 'linux' || architecture === undefined) return undefined;
  const url = `https://dl.k8s.io/release/${VERSIONS.kubernetes}/bin/linux/${architecture}/${name}`;
  return { url, checksumUrl: `${url}.sha512`, algorithm: 'sha512' };
}

/** https://github.com/etcd-io/etcd/releases */
function etcdRelease(): Release | undefined {
  const architecture = goArchitecture();
  if (process.platform !== 'linux' || architecture === undefined) return undefined;
  const folder = `etcd-${VERSIONS.etcd}-linux-${architecture}`;
  const base = `https://github.com/etcd-io/etcd/releases/download/${VERSIONS.etcd}`;
  return {
    url: `${base}/${folder}.tar.gz`,
    checksumUrl: `${base}/SHA256SUMS`,
    algorithm: 'sha256',
    archiveMember: `${folder}/etcd`,
  };
}

function goArchitecture(): string | undefined {
  return { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
}

function majorMinor(version: string): string[] {
  const [major = '', minor = ''] = version.slice(1).split('.');
  return [
    `-X k8s.io/component-base/version.gitMajor=${major}`,
    `-X k8s.io/component-base/version.gitMinor=${minor}`,
  ];
}

/** Go programs that nodes run, built from their pinned modules. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImagePrograms } from '../images/local-images';
import { SandboxError } from '../../base/errors';
import type { Task } from '../progress';
import { goBinary, type GoProgram } from '../toolchain/binaries';
import { LDFLAGS } from '../toolchain/tools';

const TOOLCHAIN = join(__dirname, '..', 'toolchain');
const CONTAINERD = join(TOOLCHAIN, 'containerd');
const COREDNS = join(TOOLCHAIN, 'coredns');
const GVISOR = join(TOOLCHAIN, 'gvisor');
const KUBERNETES = join(TOOLCHAIN, 'kubernetes');
const NETWORK_POLICIES = join(TOOLCHAIN, 'network-policies');

const CNI_PLUGINS = 'github.com/containernetworking/plugins/plugins';

const NODE = {
  containerd: go(CONTAINERD, 'containerd', 'github.com/containerd/containerd/v2/cmd/containerd'),
  'containerd-shim-runc-v2': go(
    CONTAINERD,
    'containerd-shim-runc-v2',
    'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2',
  ),
  ctr: go(CONTAINERD, 'ctr', 'github.com/containerd/containerd/v2/cmd/ctr'),
  kubelet: kubernetes('kubelet'),
  'kube-proxy': kubernetes('kube-proxy'),
};

const CNI = {
  'host-local': go(CONTAINERD, 'host-local', `${CNI_PLUGINS}/ipam/host-local`),
  loopback: go(CONTAINERD, 'loopback', `${CNI_PLUGINS}/main/loopback`),
  portmap: go(CONTAINERD, 'portmap', `${CNI_PLUGINS}/meta/portmap`),
  ptp: go(CONTAINERD, 'ptp', `${CNI_PLUGINS}/main/ptp`),
};

const SHIM = 'containerd-shim-runsc-v1';

/** Paths of built programs by the names they have on a node. */
export interface NodePrograms {
  readonly node: Readonly<Record<keyof typeof NODE, string>>;
  readonly cni: Readonly<Record<keyof typeof CNI, string>>;
  /** Empty unless requested. */
  readonly gvisor: Readonly<Record<string, string>>;
  /** The enforcer of NetworkPolicies; undefined if it could not be built, so that they are not enforced. */
  readonly policyAgent: string | undefined;
  readonly images: Omit<ImagePrograms, 'busybox'>;
}

/**
 * The programs of a node written in Go, from the cache or built from the pinned modules.
 * @throws SandboxError TOOLCHAIN_NO_GO, TOOLCHAIN_DISK_FULL, TOOLCHAIN_BUILD_FAILED, LOCAL_LOCKED
 */
export async function nodePrograms(
  options: Task & { readonly gvisor: boolean },
): Promise<NodePrograms> {
  return {
    node: await build(NODE, options),
    cni: await build(CNI, options),
    gvisor: options.gvisor ? await build(gvisorPrograms(mayLowerOomScore()), options) : {},
    policyAgent: await policyAgent(options),
    images: await build(
      {
        pause: go(CONTAINERD, 'pause', './pause'),
        coredns: go(COREDNS, 'coredns', '.'),
        gatekeeper: {
          ...kubernetes('gatekeeper'),
          package: 'github.com/open-policy-agent/gatekeeper/v3',
        },
      },
      options,
    ),
  };
}

/**
 * The only optional program of a node: a cluster that does not enforce NetworkPolicies is more useful than none.
 * A full disk is still an error, because the next build would fail too.
 */
async function policyAgent(options: Task): Promise<string | undefined> {
  const name = 'kube-network-policies';
  try {
    return (await build({ [name]: go(NETWORK_POLICIES, name, '.') }, options))[name];
  } catch (error) {
    const mayGoOn = error instanceof SandboxError && error.code === 'TOOLCHAIN_BUILD_FAILED';
    if (!mayGoOn) throw error;
    options.report(`continue, but NetworkPolicies are not enforced: ${name} could not be built`);
    return undefined;
  }
}

/** gVisor's two programs; its own shim only if it has the privilege it requires, see `shim-unprivileged`. */
export function gvisorPrograms(lowersOomScore: boolean): Readonly<Record<string, GoProgram>> {
  return {
    runsc: go(GVISOR, 'runsc', 'gvisor.dev/gvisor/runsc'),
    [SHIM]: lowersOomScore
      ? go(GVISOR, SHIM, 'gvisor.dev/gvisor/shim')
      : go(GVISOR, `${SHIM}-unprivileged`, './shim-unprivileged'),
  };
}

/**
 * Whether this process has CAP_SYS_RESOURCE, without which the kernel refuses negative oom_score_adj values
 * even from root (proc_pid_oom_score_adj(5)). Containers and some virtual machines lack it.
 */
export function mayLowerOomScore(status = readFileSync('/proc/self/status', 'utf8')): boolean {
  const capabilities = BigInt(`0x${/^CapEff:\s+(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  const CAP_SYS_RESOURCE = 24n;
  return ((capabilities >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

function go(moduleDir: string, name: string, packagePath: string): GoProgram {
  return { moduleDir, name, package: packagePath };
}

function kubernetes(name: string): GoProgram {
  return {
    moduleDir: KUBERNETES,
    name,
    package: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: LDFLAGS,
  };
}

async function build<Name extends string>(
  programs: Readonly<Record<Name, GoProgram>>,
  { report, signal }: Task,
): Promise<Record<Name, string>> {
  const paths: Partial<Record<Name, string>> = {};
  for (const [name, program] of Object.entries(programs) as [Name, GoProgram][]) {
    report(`prepare ${name}`);
    paths[name] = await goBinary(program, {
      signal,
      onPackage: (done, total) => report(`build ${name}`, { done, total }),
      onWait: (pid) => report(`wait for process ${pid}, which builds ${name}`),
    });
  }
  return paths as Record<Name, string>;
}

/** The configuration files of containerd, kubelet and kube-proxy on a node. */
import { stringify } from 'yaml';
import { CLUSTER_DOMAIN, DNS_ADDRESS } from './dns';
import type { NodeAddress } from './network';

/** Image of the container that holds a pod's namespaces; containerd 2.3.7 asks for this one (internal/cri/config). */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10.2';

/** The settings of one node's files. */
export interface NodeSettings {
  readonly name: string;
  readonly address: NodeAddress;
  /** Path of the cgroup above all processes of this node, from the root of each hierarchy. */
  readonly cgroupRoot: string;
  /** Whether this computer allows root to lower an oom_score_adj (CAP_SYS_RESOURCE). */
  readonly mayLowerOomScore: boolean;
}

/**
 * containerd's main configuration, laid out as distributions do: drop-ins in `/etc/containerd/conf.d` are imported,
 * so that installers of further runtimes need not edit this file. Version 3 is read by containerd 2.0 and later.
 */
export function containerdConfig({ mayLowerOomScore }: NodeSettings): string {
  return `version = 3
imports = ["/etc/containerd/conf.d/*.toml"]
${mayLowerOomScore ? '' : 'oom_score = 0\n'}
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "${PAUSE_IMAGE}"

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = ${!mayLowerOomScore}
`;
}

/** The drop-in that defines gVisor's handler `runsc`, for nodes with gVisor preinstalled. */
export const GVISOR_DROP_IN = `version = 3

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc]
  runtime_type = "io.containerd.runsc.v1"
  pod_annotations = ["dev.gvisor.*"]
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc.options]
    TypeUrl = "io.containerd.runsc.v1.options"
    ConfigPath = "/etc/containerd/runsc.toml"
`;

/** runsc's flags: systrap needs no virtualisation, so it works on any computer that can run the node. */
export const RUNSC_CONFIG = `binary_name = "/usr/local/bin/runsc"

[runsc_config]
  platform = "systrap"
`;

/** The pod network: every pod a routed veth pair, so that neither bridges nor br_netfilter are needed. */
export function cniConfig({ address }: NodeSettings): string {
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: address.podCidr }]],
          routes: [{ dst: '0.0.0.0/0' }],
          // On the node's tmpfs: a restarted node has no pods, so no addresses are in use.
          dataDir: '/run/cni-addresses',
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
export function kubeletConfig({ cgroupRoot }: NodeSettings): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { x509: { clientCAFile: '/etc/kubernetes/ca.crt' } },
    cgroupDriver: 'cgroupfs',
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    // In the default, `/`, the computer's own kubelet or a second local node would keep its pods.
    cgroupRoot,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    failCgroupV1: false,
    failSwapOn: false,
    // The disk belongs to the computer: its usage says nothing about this node, and locally built images
    // cannot be pulled again after garbage collection.
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '0%',
      'imagefs.available': '0%',
    },
    imageGCHighThresholdPercent: 100,
    oomScoreAdj: 0,
    registerNode: true,
    // Interval at which changed Secrets and ConfigMaps reach running pods; Gatekeeper starts with a Secret that it fills itself.
    syncFrequency: '5s',
    resolvConf: '/etc/resolv.conf',
    shutdownGracePeriod: '0s',
  });
}

/** https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ */
export function kubeProxyConfig(clusterCidr: string): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR: clusterCidr,
    clientConnection: { kubeconfig: '/etc/kubernetes/kube-proxy.kubeconfig' },
    // The size of the connection table belongs to the whole computer; 0 keeps it.
    conntrack: { maxPerCore: 0, min: 0 },
    oomScoreAdj: 0,
    metricsBindAddress: '127.0.0.1:10249',
  });
}

/** Sysctls that the kubelet requires (setupKernelTunables, v1.36.3), presented to it without changing the computer's own. */
export const KUBELET_SYSCTLS: Readonly<Record<string, string>> = {
  'vm.overcommit_memory': '1',
  'vm.panic_on_oom': '0',
  'kernel.panic': '10',
  'kernel.panic_on_oops': '1',
  'kernel.keys.root_maxkeys': '1000000',
  'kernel.keys.root_maxbytes': '25000000',
};

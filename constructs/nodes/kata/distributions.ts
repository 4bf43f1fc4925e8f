/** Where the containerd of each Kubernetes distribution keeps its configuration. */
import type { KubernetesDistribution } from '../../../base/names';

/** kata-containers 4.1.0, kata-deploy/templates/_helpers.tpl, `containerdConfPath`. */
export const CONTAINERD_CONFIG_DIRECTORIES: Readonly<Record<KubernetesDistribution, string>> = {
  k8s: '/etc/containerd/',
  k3s: '/var/lib/rancher/k3s/agent/etc/containerd/',
  rke2: '/var/lib/rancher/rke2/agent/etc/containerd/',
  k0s: '/etc/k0s/',
  microk8s: '/var/snap/microk8s/current/args/',
};

/**
 * Parts of the NetworkPolicies of the platform's own pods. Probes need no rule: "Traffic to and from the node where a Pod is running is
 * always allowed, regardless of the IP address of the Pod or the node" (kubernetes.io, "Network Policies", The two sorts of pod isolation),
 * and the kubelet that probes is on that node. The API server has no labels to select, so rules for traffic from and to it allow any address
 * and restrict only the port.
 */
import { k8s } from 'cdk8s-plus-27';
import { z } from 'zod';

const matchLabels = z.record(z.string().min(1), z.string());

/**
 * Pods, by the labels of their namespace and their own. Both must match; a missing one matches anything, so `{}` is every pod of the cluster.
 * Kubernetes labels each namespace with its name, `kubernetes.io/metadata.name`.
 */
export const podPeer = z.strictObject({
  namespaceLabels: matchLabels.default({}),
  podLabels: matchLabels.default({}),
});

export type PodPeer = z.output<typeof podPeer>;

export function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}

/** Ingress to one port from these pods; no rule without pods. */
export function ingressFrom(
  peers: readonly PodPeer[],
  port: number,
): k8s.NetworkPolicyIngressRule[] {
  if (peers.length === 0) return [];
  const from = peers.map(({ namespaceLabels, podLabels }) => ({
    namespaceSelector: { matchLabels: namespaceLabels },
    podSelector: { matchLabels: podLabels },
  }));
  return [{ from, ports: [tcp(port)] }];
}

/** Egress to any address on these ports. */
export function egressTo(ports: readonly number[]): k8s.NetworkPolicyEgressRule[] {
  return [{ ports: ports.map(tcp) }];
}

/** Denies all traffic except the given rules. */
export function onlyThis(
  podSelector: k8s.LabelSelector,
  {
    ingress = [],
    egress = [],
  }: {
    readonly ingress?: k8s.NetworkPolicyIngressRule[];
    readonly egress?: k8s.NetworkPolicyEgressRule[];
  } = {},
): k8s.NetworkPolicySpec {
  return {
    podSelector,
    policyTypes: ['Ingress', 'Egress'],
    ...(ingress.length > 0 && { ingress }),
    ...(egress.length > 0 && { egress }),
  };
}

/** NetworkPolicies of a tenant: closed in both directions, then opened by name. They add up; none takes away. */
import { k8s } from 'cdk8s-plus-27';
import { parseCidr } from './cidr';
import { metadataWithin } from './metadata-addresses';
import type { TenantConfig } from './schema';

type Network = TenantConfig['network'];

/** Specs by policy name. */
export function networkPolicySpecs(network: Network): ReadonlyMap<string, k8s.NetworkPolicySpec> {
  const everyPod = { podSelector: {} };
  const specs = new Map<string, k8s.NetworkPolicySpec>([
    ['default-deny', { ...everyPod, policyTypes: ['Ingress', 'Egress'] }],
  ]);
  if (network.dns)
    specs.set('allow-dns', { ...everyPod, policyTypes: ['Egress'], egress: [dns()] });
  if (network.egress.length > 0) {
    specs.set('allow-egress', {
      ...everyPod,
      policyTypes: ['Egress'],
      egress: network.egress.map(opening),
    });
  }
  return specs;
}

function dns(): k8s.NetworkPolicyEgressRule {
  return {
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) })),
  };
}

function opening(egress: Network['egress'][number]): k8s.NetworkPolicyEgressRule {
  const range = parseCidr(egress.cidr);
  const except = range === undefined ? [] : metadataWithin(range);
  const ports = egress.ports?.map(({ port, protocol }) => ({
    port: k8s.IntOrString.fromNumber(port),
    protocol,
  }));
  return {
    to: [{ ipBlock: { cidr: egress.cidr, ...(except.length > 0 && { except }) } }],
    ...(ports && { ports }),
  };
}

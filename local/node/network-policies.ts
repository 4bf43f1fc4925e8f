/**
 * Enforcement of NetworkPolicies on a node: iptables hands the first packet of each forwarded connection to
 * kube-network-policies (local/toolchain/network-policies), which accepts or drops it. A node whose kernel cannot do that starts
 * without enforcement, and reports so.
 */
import { readFile } from 'node:fs/promises';
import { DOMAIN, NETWORK_NOT_ENFORCED_ANNOTATION } from '../../base/names';
import type { PathApi } from '../../kubernetes/by-path';
import type { ClientIdentity } from './certificates';

/** Number of the NFQUEUE; queues belong to a network namespace, so every node may use the same. */
export const POLICY_QUEUE = 100;

const USER = `${DOMAIN}:local-network-policies`;

/** May only read the objects that policies refer to; see `policyAgentObjects`. */
export const POLICY_AGENT_IDENTITY: ClientIdentity = {
  commonName: USER,
  signer: 'kubernetes.io/kube-apiserver-client',
};

/**
 * Input of iptables-restore. Packets arrive after DNAT has replaced a Service's address by a pod's, and
 * before masquerading. If no program listens to the queue, the kernel drops queued packets, which fails closed.
 *
 * Traffic from a node to its pods always passes, such as the kubelet's probes
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/, "traffic to and from the node where a Pod
 * is running is always allowed"). Traffic from pods to their own node is not forwarded, so it does not appear here.
 */
export function policyRules(): string {
  return `*mangle
-A POSTROUTING -m addrtype --src-type LOCAL -j RETURN
-A POSTROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
-A POSTROUTING -j NFQUEUE --queue-num ${POLICY_QUEUE}
COMMIT
`;
}

/** The permissions of upstream's install.yaml (v0.8.0), for a user instead of a ServiceAccount, by API path. */
export function policyAgentObjects(): ReadonlyMap<string, object> {
  const group = 'rbac.authorization.k8s.io';
  const metadata = { name: USER };
  const verbs = ['list', 'watch'];
  return new Map<string, object>([
    [
      `/apis/${group}/v1/clusterroles/${USER}`,
      {
        apiVersion: `${group}/v1`,
        kind: 'ClusterRole',
        metadata,
        rules: [
          { apiGroups: [''], resources: ['pods', 'namespaces'], verbs },
          { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs },
        ],
      },
    ],
    [
      `/apis/${group}/v1/clusterrolebindings/${USER}`,
      {
        apiVersion: `${group}/v1`,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: group, kind: 'ClusterRole', name: USER },
        subjects: [{ apiGroup: group, kind: 'User', name: USER }],
      },
    ],
  ]);
}

/** Why a node enforces no NetworkPolicies, in one line, from the file that init.sh writes; undefined if it does. */
export async function whyNotEnforced(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '') ?? 'the reason is not known';
}

/** Records on the Node whether it enforces policies, and reports progress only if it does not. */
export async function markEnforcement(
  client: Pick<PathApi, 'merge'>,
  node: string,
  reason: string | undefined,
  report: (message: string) => void,
): Promise<void> {
  const annotations = { [NETWORK_NOT_ENFORCED_ANNOTATION]: reason ?? null };
  await client.merge(`/api/v1/nodes/${node}`, { metadata: { annotations } });
  if (reason !== undefined) {
    report(`NetworkPolicies are not enforced on this node (${node}): ${reason}`);
  }
}

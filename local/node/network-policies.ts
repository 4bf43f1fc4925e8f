/**
 * Enforcement of NetworkPolicies on a node: iptables hands the first packet of each forwarded connection to
 * kube-network-policies (local/toolchain/network-policies), which judges it. A node whose kernel cannot do that comes up
 * without, and says so.
 */
import { readFile } from 'node:fs/promises';
import { DOMAIN, NETWORK_NOT_ENFORCED_ANNOTATION } from '../../base/names';
import type { PathApi } from '../../kubernetes/by-path';
import type { ClientIdentity } from './certificates';

/** Number of the NFQUEUE; queues belong to a network namespace, so every node may use the same. */
export const POLICY_QUEUE = 100;

const USER = `${DOMAIN}:local-network-policies`;

/** May read what policies are about, and nothing else; see `policyAgentObjects`. */
export const POLICY_AGENT_IDENTITY: ClientIdentity = {
  commonName: USER,
  signer: 'kubernetes.io/kube-apiserver-client',
};

/**
 * Input of iptables-restore. Packets are seen after a Service's address became that of a pod (DNAT happens on the way in) and
 * before masquerading. Without the program that listens to the queue the kernel drops what is queued: never open by accident.
 *
 * What a node sends to its pods always passes, probes of the kubelet above all
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/, "traffic to and from the node where a Pod
 * is running is always allowed"). What pods send to their own node is not forwarded, so it is not seen here.
 */
export function policyRules(): string {
  return `*mangle
-A POSTROUTING -m addrtype --src-type LOCAL -j RETURN
-A POSTROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
-A POSTROUTING -j NFQUEUE --queue-num ${POLICY_QUEUE}
COMMIT
`;
}

/** The permissions upstream's install.yaml gives (v0.8.0), for a user instead of a ServiceAccount, by API path. */
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

/** Why a node enforces no NetworkPolicies, in one line, by the file that init.sh writes then; undefined where it does. */
export async function whyNotEnforced(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '') ?? 'the reason is not known';
}

/** Says on the Node whether policies are enforced there, and to who waits only if they are not. */
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

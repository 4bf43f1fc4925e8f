/** CoreDNS, the name server of a cluster with nodes. */
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import type { PathApi } from '../../kubernetes/by-path';
import type { NamedObject } from '../../kubernetes/object';
import { VERSIONS } from '../../base/versions';
import { waitFor } from '../../base/wait-until';

/** Address of the cluster's name server: kubeadm's choice for the same Service range. */
export const DNS_ADDRESS = '10.96.0.10';
export const CLUSTER_DOMAIN = 'cluster.local';

export const COREDNS_IMAGE = `registry.k8s.io/coredns/coredns:${VERSIONS.coredns}`;

const NAMESPACE = 'kube-system';
const NAME = 'coredns';
const LABELS = { 'k8s-app': 'kube-dns' };
const READY_TIMEOUT_MILLISECONDS = 60_000;

/** CoreDNS answers cluster names and forwards the rest to the node's name servers, if it has any. */
export function corefile(forwards: boolean): string {
  return `.:53 {
    errors
    health
    ready
    kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
       ttl 30
    }
${forwards ? '    forward . /etc/resolv.conf\n' : ''}    cache 30
}
`;
}

/** Objects of CoreDNS, after kubeadm's (cmd/kubeadm/app/phases/addons/dns/manifests.go, v1.36.3), by API path. */
export function dnsObjects(forwards: boolean): ReadonlyMap<string, object> {
  const metadata = { name: NAME, namespace: NAMESPACE };
  const rbac = 'rbac.authorization.k8s.io';
  const role = `system:${NAME}`;
  return new Map<string, object>([
    [
      `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${NAME}`,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    ],
    [
      `/apis/${rbac}/v1/clusterroles/${role}`,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRole',
        metadata: { name: role },
        rules: [
          {
            apiGroups: [''],
            resources: ['services', 'pods', 'namespaces'],
            verbs: ['list', 'watch'],
          },
          {
            apiGroups: ['discovery.k8s.io'],
            resources: ['endpointslices'],
            verbs: ['list', 'watch'],
          },
        ],
      },
    ],
    [
      `/apis/${rbac}/v1/clusterrolebindings/${role}`,
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: role },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', ...metadata }],
      },
    ],
    [
      `/api/v1/namespaces/${NAMESPACE}/configmaps/${NAME}`,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: corefile(forwards) } },
    ],
    [
      `/api/v1/namespaces/${NAMESPACE}/services/kube-dns`,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kube-dns', namespace: NAMESPACE, labels: LABELS },
        spec: {
          clusterIP: DNS_ADDRESS,
          selector: LABELS,
          ports: [
            { name: 'dns', port: 53, protocol: 'UDP' },
            { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          ],
        },
      },
    ],
    [`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${NAME}`, deployment()],
  ]);
}

function deployment(): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: NAME,
          priorityClassName: 'system-cluster-critical',
          dnsPolicy: 'Default',
          containers: [
            {
              name: NAME,
              image: COREDNS_IMAGE,
              args: ['-conf', '/etc/coredns/Corefile'],
              resources: { requests: { cpu: '100m', memory: '70Mi' }, limits: { memory: '170Mi' } },
              volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
              livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 60 },
              readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
          volumes: [{ name: 'config', configMap: { name: NAME } }],
        },
      },
    },
  };
}

/** Applies CoreDNS; `forwards`: whether the nodes have a name server for other names. */
export async function applyDns(client: PathApi, forwards: boolean): Promise<void> {
  for (const [path, object] of dnsObjects(forwards)) {
    await client.apply(path, object, 'secure-ai-local');
  }
}

/** Waits until the name server answers. @throws SandboxError NODE_START_FAILED */
export async function awaitDns(client: PathApi, signal?: AbortSignal): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${NAME}`;
  const available = await waitFor(
    async () => {
      const { status } = await client.get<DeploymentObject>(path);
      return (status?.availableReplicas ?? 0) > 0 ? true : undefined;
    },
    { timeoutMilliseconds: READY_TIMEOUT_MILLISECONDS, intervalMilliseconds: 200, signal },
  );
  if (available) return;
  throw new SandboxError(LOCAL_ERRORS.NODE_START_FAILED, [
    {
      path: `Deployment ${NAMESPACE}/${NAME}`,
      reason: `no pod of it was available after ${READY_TIMEOUT_MILLISECONDS / 1000} s`,
      fix: `run \`kubectl -n ${NAMESPACE} describe pods\` to see the cause`,
    },
  ]);
}

interface DeploymentObject extends NamedObject {
  readonly status?: { readonly availableReplicas?: number };
}

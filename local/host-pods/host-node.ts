/** The Node object and Lease that represent this computer. */
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { DOMAIN } from '../../base/names';
import type { PathApi } from '../../kubernetes/by-path';
import { ApiError } from '../../kubernetes/api';
import type { HostFacts } from './environment';

/** Name of the Node that represents this computer. The scheduler assigns no pod to it; the supervisor selects its own. */
export const HOST_NODE = 'host-processes';

/** The renewal period is half of this, as for the kubelet's lease. */
const LEASE_SECONDS = 40;
export const LEASE_RENEWAL_MILLISECONDS = 10_000;

const LEASE_PATH = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${HOST_NODE}`;

/**
 * Registers the Node that host pods are bound to, so that the rest of Kubernetes treats them like any pods: Deployments count
 * them, `kubectl get pods` shows them. Its taint repels all other pods.
 */
export async function registerHostNode(client: PathApi, host: HostFacts): Promise<void> {
  await client
    .create('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: HOST_NODE, labels: { [`${DOMAIN}/host-processes`]: 'true' } },
      spec: { taints: [{ key: `${DOMAIN}/host-processes`, effect: 'NoSchedule' }] },
    })
    .catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    });
  await client.merge(`/api/v1/nodes/${HOST_NODE}/status`, { status: nodeStatus(host) });
}

/** Reports to the node controller that this node is alive; without it the node and its pods become NotReady in 50 s. */
export async function renewLease(client: PathApi): Promise<void> {
  await client.apply(
    LEASE_PATH,
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: HOST_NODE, namespace: 'kube-node-lease' },
      spec: {
        holderIdentity: `${HOST_NODE}-${process.pid}`,
        leaseDurationSeconds: LEASE_SECONDS,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    },
    'host-pods',
  );
}

/** Process id of the supervisor that renewed the lease last. */
export async function leaseHolder(client: PathApi): Promise<number | undefined> {
  const lease = await client.find<{ spec: { holderIdentity?: string } }>(LEASE_PATH);
  const pid = /-(\d+)$/.exec(lease?.spec.holderIdentity ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}

function nodeStatus(host: HostFacts) {
  const now = new Date().toISOString().replace(/\.\d+/, '');
  const resources = {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '110',
  };
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'HostProcesses',
    message: 'pods of this node are ordinary processes of this computer, without isolation',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  return {
    capacity: resources,
    allocatable: resources,
    conditions: [ready],
    addresses: [
      { type: 'InternalIP', address: host.hostAddress },
      { type: 'Hostname', address: HOST_NODE },
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: release(),
      osImage: hostname(),
      containerRuntimeVersion: 'process://1',
      kubeletVersion: '',
      kubeProxyVersion: '',
      operatingSystem: platform(),
      architecture: arch() === 'x64' ? 'amd64' : arch(),
    },
  };
}

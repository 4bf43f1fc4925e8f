/** The kubelet of host pods: watches pods, runs them, reports their status and endpoints. */
import { setTimeout as delay } from 'node:timers/promises';
import { connectByPath, type PathApi } from '../../kubernetes/by-path';
import { ApiError } from '../../kubernetes/api';
import { reflect } from '../../kubernetes/reflector';
import { endMarked } from '../processes/stop';
import { SLICE_OWNER, endpointSlice, type EndpointSlice } from './endpoint-slices';
import { HOST_NODE, LEASE_RENEWAL_MILLISECONDS, registerHostNode, renewLease } from './host-node';
import { HostPod, type HostContext } from './host-pod';
import type { HostPrograms } from './images';
import type { ConfigMap, Pod, Secret, Service } from './objects';

/** Roles of the processes host pods consist of, see `MarkedProcess`. */
const HOST_POD_ROLE = 'host-pod/';

export interface SupervisorConfig {
  readonly stateDir: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly hostAddress: string;
  /** Namespaces whose pods run here. */
  readonly namespaces: readonly string[];
  readonly programs: HostPrograms;
}

/**
 * A kubelet whose container runtime is the host itself: it selects the unscheduled pods of some namespaces, runs them as
 * processes, writes their status, and maintains EndpointSlices for the Services that select them. Runs until `signal` aborts.
 */
export async function supervise(config: SupervisorConfig, signal: AbortSignal): Promise<void> {
  const host = { nodeName: HOST_NODE, hostAddress: config.hostAddress };
  const client = await connectByPath({ kubeconfig: config.kubeconfig });
  const context: HostContext = { ...config, client, host };
  // A killed supervisor leaves its processes and slices, which no process has watched since.
  await endMarked(config.stateDir, (role) => role.startsWith(HOST_POD_ROLE), 2_000);
  await registerHostNode(client, host);
  await renewLease(client);
  const owned = `labelSelector=${encodeURIComponent(`endpointslice.kubernetes.io/managed-by=${SLICE_OWNER}`)}`;
  for (const name of config.namespaces) await client.delete(`${slicesOf(name)}?${owned}`);
  const namespaces = config.namespaces.map((name) => superviseNamespace(name, context, signal));
  while (!signal.aborted) {
    await delay(LEASE_RENEWAL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await attempt(() => renewLease(client));
  }
  await Promise.all(namespaces.map((stop) => stop()));
  client.close();
}

/** Returns a function that ends everything in the namespace. */
function superviseNamespace(
  namespace: string,
  context: HostContext,
  signal: AbortSignal,
): () => Promise<void> {
  const { client } = context;
  const base = `/api/v1/namespaces/${namespace}`;
  const slicesPath = slicesOf(namespace);
  const hosted = new Map<string, Hosted>();
  const applied = new Map<string, string>();

  const refreshAll = (): void => hosted.forEach(({ pod }) => pod.refresh());
  const secrets = reflect<Secret>(client, `${base}/secrets`, refreshAll, signal);
  const configMaps = reflect<ConfigMap>(client, `${base}/configmaps`, refreshAll, signal);
  const services = reflect<Service>(client, `${base}/services`, () => reconcile(), signal);
  const pods = reflect<Pod>(client, `${base}/pods`, () => reconcile(), signal);
  const objects = { secrets: secrets.objects, configMaps: configMaps.objects };

  const syncPods = async (): Promise<void> => {
    for (const pod of pods.objects.values()) {
      const uid = pod.metadata.uid ?? '';
      const known = hosted.get(uid);
      if (known) terminateIfAsked(known, pod);
      else if (pod.spec.nodeName === HOST_NODE) adopt(uid, pod);
      else if (isFree(pod)) await bind(client, pod);
    }
    for (const [uid, { pod }] of hosted) {
      if (pods.objects.get(pod.pod.metadata.name)?.metadata.uid === uid) continue;
      hosted.delete(uid);
      void attempt(() => pod.stop(0));
    }
  };

  const adopt = (uid: string, pod: Pod): void => {
    if (pod.metadata.deletionTimestamp !== undefined)
      return void attempt(() => release(client, pod));
    const running = new HostPod(pod, context, objects, () => reconcile());
    hosted.set(uid, { pod: running, written: '' });
    running.refresh();
  };

  const terminateIfAsked = ({ pod }: Hosted, { metadata }: Pod): void => {
    if (metadata.deletionTimestamp === undefined || pod.stopping) return;
    void attempt(async () => {
      await pod.stop(metadata.deletionGracePeriodSeconds);
      await release(client, pod.pod);
    });
  };

  const syncStatus = async (): Promise<void> => {
    for (const entry of hosted.values()) {
      const status = entry.pod.status();
      const text = JSON.stringify(status);
      if (entry.written === text) continue;
      const { name } = entry.pod.pod.metadata;
      await unlessGone(client.merge(`${base}/pods/${name}/status`, { status }));
      entry.written = text;
    }
  };

  const syncSlices = async (): Promise<void> => {
    const wanted = new Map<string, EndpointSlice>();
    for (const service of services.objects.values()) {
      for (const { pod } of hosted.values()) {
        const slice = endpointSlice(service, pod);
        if (slice) wanted.set(slice.metadata.name, slice);
      }
    }
    for (const [name, slice] of wanted) {
      const text = JSON.stringify(slice);
      if (applied.get(name) === text) continue;
      await client.apply(`${slicesPath}/${name}`, slice, SLICE_OWNER);
      applied.set(name, text);
    }
    for (const name of [...applied.keys()].filter((name) => !wanted.has(name))) {
      await client.delete(`${slicesPath}/${name}`);
      applied.delete(name);
    }
  };

  /** Slices before statuses: a Deployment is not Available before its Service answers. */
  const reconcile = serialized(async () => {
    await Promise.all([secrets.synced, configMaps.synced, services.synced, pods.synced]);
    await syncPods();
    await syncSlices();
    await syncStatus();
  }, signal);

  return async () => {
    await Promise.all([...hosted.values()].map(({ pod }) => pod.stop(2)));
  };
}

function slicesOf(namespace: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
}

interface Hosted {
  readonly pod: HostPod;
  /** The status on the API server, as JSON. */
  written: string;
}

/** A pod that is not assigned to a node and not being deleted. */
function isFree({ metadata, spec }: Pod): boolean {
  return spec.nodeName === undefined && metadata.deletionTimestamp === undefined;
}

/** Binds the pod without the scheduler, which the node's taint keeps away. */
async function bind(client: PathApi, { metadata: { namespace, name, uid } }: Pod): Promise<void> {
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, uid },
    target: { apiVersion: 'v1', kind: 'Node', name: HOST_NODE },
  };
  await unlessGone(client.create(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding));
}

/** Deletes a pod whose processes have ended from the API server. */
async function release(
  client: PathApi,
  { metadata: { namespace, name, uid } }: Pod,
): Promise<void> {
  const options = { gracePeriodSeconds: 0, preconditions: { uid } };
  await unlessGone(client.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options));
}

/**
 * Runs `work` once at a time; calls while it runs cause one more run. A failure is logged and retried: what the API
 * server refuses now (a conflict, a terminating namespace) it may accept later.
 */
function serialized(work: () => Promise<void>, signal: AbortSignal): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      if (!(await attempt(work))) {
        again = true;
        await delay(500, undefined, { signal }).catch(() => undefined);
      }
    } while (again && !signal.aborted);
    running = false;
  };
  return () => {
    if (running) again = true;
    else if (!signal.aborted) void run();
  };
}

async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    console.error(new Date().toISOString(), String(error));
    return false;
  }
}

/** The object no longer exists or was replaced: the watch will report it. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
  });
}

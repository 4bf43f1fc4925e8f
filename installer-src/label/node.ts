/** What the node object says about gVisor, and making it say the truth. */
import type { Api } from '../../programs/in-cluster-api';
import type { InstallStatus } from '../shared-directories';

export interface NodeMarks {
  readonly node: string;
  /** Label that RuntimeClass `gvisor` selects, `"true"`. */
  readonly label: string;
  /** Key of the taint that new nodes have until gVisor is installed, or undefined where they come without. */
  readonly startupTaint: string | undefined;
  readonly handler: string;
}

interface Taint {
  readonly key: string;
}

/** As much of a Node (core/v1) as is read. */
interface Node {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly taints?: readonly Taint[] };
  readonly status?: { readonly runtimeHandlers?: readonly { readonly name?: string }[] };
}

/** `pending`: containerd has the handler, and the kubelet has not reported it to the API server yet. */
export type NodeState = 'offered' | 'pending' | 'withheld' | 'unknown';

/**
 * One look at the node. The label is there exactly while both containerd, asked by the installer, and the kubelet say that the handler
 * is there; the startup taint goes last, so that no pod comes before. Without a status nothing is changed: a pod that has just
 * started knows nothing yet.
 *
 * @throws ApiError
 */
export async function reconcileNode(
  api: Api,
  marks: NodeMarks,
  status: InstallStatus | undefined,
): Promise<NodeState> {
  if (status === undefined) return 'unknown';
  const node = await getNode(api, marks.node);
  const isOffered = kubeletOffers(node, marks.handler);
  if (!status.live || !isOffered) {
    await setLabel(api, marks, node, null);
    return status.live ? 'pending' : 'withheld';
  }
  await setLabel(api, marks, node, 'true');
  await removeTaint(api, marks);
  return 'offered';
}

/** @throws ApiError */
export async function withholdNode(api: Api, marks: NodeMarks): Promise<void> {
  await setLabel(api, marks, await getNode(api, marks.node), null);
}

/** @throws ApiError */
export async function getNode(api: Api, name: string): Promise<Node> {
  const node = await api.get(nodePath(name));
  if (node === undefined) throw new Error(`there is no node ${name}`);
  return node as Node;
}

/**
 * containerd reports its handlers to the kubelet since 2.0; where the kubelet says of none at all, not even the default one, it cannot be
 * asked, and the installer's own query of containerd decides.
 */
function kubeletOffers({ status }: Node, handler: string): boolean {
  const handlers = status?.runtimeHandlers ?? [];
  return handlers.length === 0 || handlers.some(({ name }) => name === handler);
}

async function setLabel(
  api: Api,
  { node, label }: NodeMarks,
  { metadata }: Node,
  value: 'true' | null,
): Promise<void> {
  if ((metadata.labels?.[label] ?? null) === value) return;
  await api.patch(nodePath(node), 'application/merge-patch+json', {
    metadata: { labels: { [label]: value } },
  });
}

async function removeTaint(api: Api, { node, startupTaint }: NodeMarks): Promise<void> {
  if (startupTaint === undefined) return;
  const { metadata, spec } = await getNode(api, node);
  const taints = spec?.taints ?? [];
  const rest = taints.filter(({ key }) => key !== startupTaint);
  if (rest.length === taints.length) return;
  // A merge patch replaces the list, so it must not be another one by now.
  await api.patch(nodePath(node), 'application/merge-patch+json', {
    metadata: { resourceVersion: metadata.resourceVersion },
    spec: { taints: rest },
  });
}

function nodePath(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`;
}

/** Waits until a node can run pods. */
import type { PathApi } from '../../kubernetes/by-path';
import type { NamedObject } from '../../kubernetes/object';
import { waitFor } from '../../base/wait-until';
import { diskPaths } from './disk';
import { startError } from './errors';
import { nodesPaths } from './paths';

const READY_TIMEOUT_MILLISECONDS = 180_000;

export interface AwaitReady {
  readonly client: PathApi;
  readonly stateDir: string;
  /** Name of the node. */
  readonly name: string;
  /** RuntimeClass handlers that the node must have. */
  readonly handlers: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

interface NodeObject extends NamedObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly runtimeHandlers?: readonly { readonly name: string }[];
  };
}

/**
 * Waits until pods can run on a node: it is Ready (which covers the pod network), it has no taint of Kubernetes itself,
 * and the kubelet lists all of `handlers` as handlers of containerd.
 * @throws SandboxError NODE_START_FAILED
 */
export async function awaitReady({
  client,
  stateDir,
  name,
  handlers,
  signal,
}: AwaitReady): Promise<void> {
  let missing = 'it did not register';
  const ready = await waitFor(
    async () => {
      const node = await client.find<NodeObject>(`/api/v1/nodes/${name}`);
      missing = node === undefined ? missing : whatIsMissing(node, handlers);
      return missing === '' ? true : undefined;
    },
    { timeoutMilliseconds: READY_TIMEOUT_MILLISECONDS, intervalMilliseconds: 200, signal },
  );
  if (ready) return;
  const log = diskPaths(nodesPaths(stateDir).node(name)).log('kubelet');
  throw await startError(name, `it is not ready: ${missing}`, log);
}

function whatIsMissing({ spec, status }: NodeObject, handlers: readonly string[]): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition?.status !== 'True') return condition?.message ?? 'the kubelet has not reported yet';
  const taint = spec?.taints?.find(({ key }) => key.startsWith('node.kubernetes.io/'));
  if (taint) return `taint ${taint.key}`;
  const unknown = handlers.filter((handler) => !offers(status, handler));
  return unknown.length === 0 ? '' : `containerd does not have handler ${unknown.join(', ')}`;
}

function offers(status: NodeObject['status'], handler: string): boolean {
  return status?.runtimeHandlers?.some(({ name }) => name === handler) ?? false;
}

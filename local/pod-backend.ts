/** Chooses and starts the pod backend of a local cluster: real nodes, or host processes if nodes cannot run. */
import { SHARED_ERRORS, SandboxError } from '../base/errors';
import type { LocalCluster } from './cluster';
import { HOST_PODS_ROLE, startHostPods } from './host-pods/start';
import { isNodeRole } from './node/namespaces';
import type { LocalNode } from './node/bring-up';
import { startNodes } from './node/nodes';
import { nodeSupport } from './node/support';
import { markedProcesses } from './processes/marked';
import type { ProgressOptions } from './progress';

/** The backend that runs the pods of a local cluster. */
export type PodBackend =
  | { readonly kind: 'nodes'; readonly nodes: readonly LocalNode[] }
  | {
      /** The platform's own pods run as processes of this computer; all others stay Pending. */
      readonly kind: 'host-pods';
      /** Why nodes cannot run here; empty if none were requested. */
      readonly reasons: readonly string[];
    };

export interface StartPodBackendOptions extends ProgressOptions {
  /** Number of real nodes; 0 for host processes. @default the cluster's current number, else 1 if nodes can run, else 0 */
  readonly nodes?: number | undefined;
}

/**
 * Gives a local cluster a backend for its pods: real nodes, or the host processes that replace them.
 * A cluster keeps its first kind, because both kinds would claim the same pods.
 * @throws SandboxError USAGE_INVALID for the other kind; what `startNodes` and `startHostPods` throw
 */
export async function startPodBackend(
  cluster: LocalCluster,
  { nodes, onProgress, signal }: StartPodBackendOptions = {},
): Promise<PodBackend> {
  const roles = (await markedProcesses(cluster.stateDir)).map(({ role }) => role);
  const running = roles.filter(isNodeRole).length > 0 ? 'nodes' : kindWithoutNodes(roles);
  const support = nodeSupport();
  const wanted =
    nodes === undefined ? (running ?? (support.supported ? 'nodes' : 'host-pods')) : kindOf(nodes);
  if (running !== undefined && wanted !== running) throw otherKind(cluster.name, running);
  if (wanted === 'nodes') {
    return {
      kind: 'nodes',
      nodes: await startNodes(cluster, { count: nodes ?? 1, onProgress, signal }),
    };
  }
  await startHostPods(cluster, { onProgress, signal });
  return {
    kind: 'host-pods',
    reasons: nodes === undefined && !support.supported ? support.reasons : [],
  };
}

function kindOf(nodes: number): PodBackend['kind'] {
  return nodes > 0 ? 'nodes' : 'host-pods';
}

function kindWithoutNodes(roles: readonly string[]): 'host-pods' | undefined {
  return roles.includes(HOST_PODS_ROLE) ? 'host-pods' : undefined;
}

function otherKind(name: string, running: PodBackend['kind']): SandboxError {
  return new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
    {
      path: '--nodes',
      reason:
        running === 'nodes'
          ? `the local cluster ${name} has real nodes`
          : `the pods of the local cluster ${name} run as host processes`,
      fix: 'run `secure-ai down` first, or leave --nodes out',
    },
  ]);
}

/** Runs a pod that prints which kernel it runs on, and reads its log. */
import { listAt, stringAt, valueAt, type KubernetesObject } from '../kubernetes/object';
import { DeadlineError, NotYet, waitUntil } from '../base/wait-until';
import { admit } from './admit';
import { fail, type Evidence, type Outcome, type VerifyContext } from './step';
import { BUSYBOX_IMAGE, verificationPod, type PodOptions } from './pod';

/** Includes the image pull and, on a new node, the first boot of a guest. */
const RUN_DEADLINE_SECONDS = 180;

/** First line of the kernel log inside a gVisor sandbox (gvisor pkg/sentry/kernel/syslog.go). */
const GVISOR_BANNER = 'Starting gVisor';

export interface KernelObservation {
  readonly node: string;
  /** The kernel the node reports, `status.nodeInfo.kernelVersion`. */
  readonly nodeKernel: string;
  /** The output of `uname -r` inside the pod; may be empty. */
  readonly podKernel: string;
  readonly saysGvisor: boolean;
  /** One line for people. */
  readonly observed: string;
  readonly evidence: Evidence;
}

/** Runs the pod until it ends. If it did not run, the outcome says why. */
export async function observeKernel(
  context: VerifyContext,
  options: Pick<PodOptions, 'name' | 'namespace' | 'labels'>,
): Promise<KernelObservation | { readonly outcome: Outcome }> {
  const admission = await admit(
    context,
    verificationPod({
      ...options,
      image: BUSYBOX_IMAGE,
      command: ['sh', '-c', 'uname -r; cat /proc/version; dmesg 2>/dev/null | head -n 3'],
    }),
  );
  if (!admission.admitted) return { outcome: fail(`refused: ${admission.message}`) };
  const { api, signal } = context;
  const { namespace, name } = options;
  const live = () => api.get({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  const finished = async () => {
    const pod = await live();
    const phase = stringAt(pod, 'status', 'phase') ?? 'gone';
    return phase === 'Succeeded' || phase === 'Failed' ? true : new NotYet(podState(pod, phase));
  };
  try {
    await waitUntil(finished, { deadlineSeconds: RUN_DEADLINE_SECONDS, signal });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return { outcome: fail(`the pod did not run: ${error.message}`) };
  }
  const node = stringAt(await live(), 'spec', 'nodeName') ?? '';
  return observation(await api.logs(namespace, name), node, await kernelOf(context, node));
}

function observation(output: string, node: string, nodeKernel: string): KernelObservation {
  const podKernel = output.split('\n')[0]?.trim() ?? '';
  return {
    node,
    nodeKernel,
    podKernel,
    saysGvisor: output.includes(GVISOR_BANNER),
    observed: `kernel ${podKernel || 'unknown'} in the pod, ${nodeKernel || 'unknown'} on ${node}`,
    evidence: { node, nodeKernel, podKernel, output },
  };
}

async function kernelOf({ api }: VerifyContext, name: string): Promise<string> {
  const node = await api.get({ apiVersion: 'v1', kind: 'Node', name });
  return stringAt(node, 'status', 'nodeInfo', 'kernelVersion') ?? '';
}

/** Ready nodes whose kubelet reports handlers of its container runtime (`status.runtimeHandlers`, KEP-3857); with `handler`, this one. */
export async function nodesOffering(
  { api }: VerifyContext,
  handler?: string,
): Promise<readonly KubernetesObject[]> {
  const nodes = await api.list({ apiVersion: 'v1', kind: 'Node' });
  return nodes.filter((node) => {
    const handlers = listAt(node, 'status', 'runtimeHandlers');
    const offers =
      handler === undefined
        ? handlers.length > 0
        : handlers.some((item) => stringAt(item, 'name') === handler);
    return offers && isReady(node);
  });
}

/** Why no sandbox with this handler can start. */
export async function whyNoNode({ api }: VerifyContext, handler: string): Promise<string> {
  const nodes = await api.list({ apiVersion: 'v1', kind: 'Node' });
  const ready = nodes.filter(isReady);
  return `none of ${ready.length} ready nodes offers handler ${handler} (status.runtimeHandlers), so the pod would stay Pending`;
}

function isReady(node: KubernetesObject): boolean {
  const conditions = listAt(node, 'status', 'conditions');
  return conditions.some(
    (c) => stringAt(c, 'type') === 'Ready' && stringAt(c, 'status') === 'True',
  );
}

function podState(pod: KubernetesObject | undefined, phase: string): string {
  const [container] = listAt(pod, 'status', 'containerStatuses');
  const waiting = valueAt(container, 'state', 'waiting');
  const scheduled = listAt(pod, 'status', 'conditions').find(
    (condition) => stringAt(condition, 'type') === 'PodScheduled',
  );
  const why =
    stringAt(waiting, 'message') ?? stringAt(waiting, 'reason') ?? stringAt(scheduled, 'message');
  return why === undefined ? `phase ${phase}` : `phase ${phase}, ${why}`;
}

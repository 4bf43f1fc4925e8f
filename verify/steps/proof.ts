import type { Runtime } from '../../policy/model';
import { listAt, textAt, valueAt, type KubernetesObject } from '../../deploy/kubernetes/object';
import { DeadlineError, DONE, notYet, waitUntil } from '../../deploy/wait-until';
import { admit } from '../admit';
import { fail, notRun, pass, type Outcome, type Scene, type Step } from '../model';
import { enabledNamespace, NO_NAMESPACE } from '../namespace';
import { podName, verificationPod } from '../pod';

/** Image pull, and on a fresh node the first boot of a guest. */
const RUN_DEADLINE_SECONDS = 180;

/** First line of the kernel log inside a gVisor sandbox (gvisor pkg/sentry/kernel/syslog.go). */
const GVISOR_BANNER = 'Starting gVisor';

/**
 * Which kernel a pod really runs on. A sandboxed pod never sees the kernel its node reports; gVisor's kernel says its own name.
 * An ordinary container would show the node's kernel, so the same comparison is the negative control.
 */
export function runtimeProof(runtime: Runtime): Step {
  const gvisor = runtime.handler.startsWith('runsc');
  return {
    id: `proof-${runtime.name}`,
    title: `A ${runtime.name} pod runs on a kernel of its own`,
    expected: `a kernel other than the node's${gvisor ? ', which says it is gVisor' : ''}`,
    run: async (scene) => {
      const offering = await nodesOffering(scene, runtime.handler);
      if (offering.length === 0) return notRun(await whyNoNode(scene, runtime.handler));
      const namespace = await enabledNamespace(scene);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const admission = await admit(scene, kernelPod(scene, runtime, namespace));
      if (!admission.admitted) return fail(`refused: ${admission.message}`);
      return inspect(scene, admission.pod, gvisor);
    },
  };
}

function kernelPod(scene: Scene, runtime: Runtime, namespace: string): KubernetesObject {
  return verificationPod({
    name: podName(`${runtime.name}-proof`, scene.suffix),
    namespace,
    image: 'docker.io/library/busybox:1.36',
    labels: { [scene.policy.labelKey]: runtime.name },
    command: ['sh', '-c', 'uname -r; dmesg 2>/dev/null | head -n 3; cat /proc/version'],
  });
}

async function inspect(scene: Scene, pod: KubernetesObject, gvisor: boolean): Promise<Outcome> {
  const { namespace = '', name = '' } = pod.metadata;
  const { api, signal } = scene;
  const finished = async () => {
    const live = await api.get({ apiVersion: 'v1', kind: 'Pod', namespace, name });
    const phase = textAt(live, 'status', 'phase') ?? 'gone';
    return phase === 'Succeeded' || phase === 'Failed' ? DONE : notYet(podState(live, phase));
  };
  try {
    await waitUntil(finished, { deadlineSeconds: RUN_DEADLINE_SECONDS, signal });
  } catch (error) {
    if (error instanceof DeadlineError) return fail(`the pod did not run: ${error.message}`);
    throw error;
  }
  const live = await api.get({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  const node = textAt(live, 'spec', 'nodeName') ?? '';
  const nodeKernel = textAt(
    await api.get({ apiVersion: 'v1', kind: 'Node', name: node }),
    'status',
    'nodeInfo',
    'kernelVersion',
  );
  return judge(await api.logs(namespace, name), node, nodeKernel, gvisor);
}

/** @param output what the pod wrote: `uname -r` on the first line, then kernel log and /proc/version */
function judge(
  output: string,
  node: string,
  nodeKernel: string | undefined,
  gvisor: boolean,
): Outcome {
  const podKernel = output.split('\n')[0]?.trim() ?? '';
  const evidence = { node, nodeKernel, podKernel, output };
  const observed = `kernel ${podKernel} in the pod, ${nodeKernel} on ${node}`;
  const saysGvisor = output.includes(GVISOR_BANNER);
  if (podKernel === '' || nodeKernel === undefined)
    return fail(`nothing to compare: ${observed}`, evidence);
  if (podKernel === nodeKernel) return fail(`not sandboxed: ${observed}`, evidence);
  if (saysGvisor !== gvisor)
    return fail(`${gvisor ? 'not' : 'unexpectedly'} gVisor: ${observed}`, evidence);
  return pass(observed, evidence);
}

async function nodesOffering({ api }: Scene, handler: string): Promise<KubernetesObject[]> {
  const nodes = await api.list({ apiVersion: 'v1', kind: 'Node' });
  return nodes.filter(
    (node) =>
      isReady(node) &&
      listAt(node, 'status', 'runtimeHandlers').some((item) => textAt(item, 'name') === handler),
  );
}

async function whyNoNode({ api }: Scene, handler: string): Promise<string> {
  const nodes = await api.list({ apiVersion: 'v1', kind: 'Node' });
  const ready = nodes.filter(isReady);
  return `none of ${ready.length} ready nodes has handler ${handler} in status.runtimeHandlers, so the pod would stay Pending`;
}

function isReady(node: KubernetesObject): boolean {
  const conditions = listAt(node, 'status', 'conditions');
  return conditions.some((c) => textAt(c, 'type') === 'Ready' && textAt(c, 'status') === 'True');
}

function podState(pod: KubernetesObject | undefined, phase: string): string {
  const [container] = listAt(pod, 'status', 'containerStatuses');
  const waiting = valueAt(container, 'state', 'waiting');
  const scheduled = listAt(pod, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'PodScheduled',
  );
  const why =
    textAt(waiting, 'message') ?? textAt(waiting, 'reason') ?? textAt(scheduled, 'message');
  return why === undefined ? `phase ${phase}` : `phase ${phase}, ${why}`;
}

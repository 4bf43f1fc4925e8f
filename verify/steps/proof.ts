/** Step: a sandboxed pod runs on a kernel of its own. */
import type { Runtime } from '../../policy/model/runtime-policy';
import { sandboxesStarted } from '../handler';
import { nodesOffering, observeKernel, whyNoNode, type KernelObservation } from '../kernel';
import { fail, notRun, pass, type Outcome, type Step } from '../step';
import { enabledNamespace, NO_NAMESPACE, whyRefused } from '../namespace';
import { BUSYBOX_IMAGE, podName, verificationPod } from '../pod';

/**
 * Observes which kernel a sandboxed pod runs on, and which handler started it. A sandboxed pod never sees the kernel its node
 * reports; gVisor's kernel names itself. `control` shows that the same observation finds the node's kernel outside a sandbox.
 */
export function runtimeProof(runtime: Runtime): Step {
  const { name, handler } = runtime;
  const gvisor = handler.startsWith('runsc');
  return {
    id: `proof-${name}`,
    title: `A ${name} pod runs on a kernel of its own`,
    expected: `a kernel other than the node's${gvisor ? ', which names itself gVisor' : ''}; a sandbox started with handler ${handler}`,
    run: async (context) => {
      const nodes = await nodesOffering(context, handler);
      if (nodes.length === 0) return notRun(await whyNoNode(context, handler));
      const namespace = await enabledNamespace(context);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const proven = {
        name: podName(`${name}-proof`, context.suffix),
        namespace,
        labels: { [context.policy.labelKey]: name },
      };
      const refusal = whyRefused(
        context.policy,
        verificationPod({ ...proven, image: BUSYBOX_IMAGE }),
      );
      if (refusal !== undefined) return notRun(refusal);
      const before = await sandboxesStarted(context, nodes, handler);
      const observation = await observeKernel(context, proven);
      if ('outcome' in observation) return observation.outcome;
      const after = await sandboxesStarted(context, nodes, handler);
      const started = before === undefined || after === undefined ? undefined : after - before;
      return outcomeOf(observation, started, { handler, gvisor });
    },
  };
}

interface Wanted {
  readonly handler: string;
  readonly gvisor: boolean;
}

/** @param started how many more sandboxes with the handler the kubelet counts; undefined if its metrics may not be read */
function outcomeOf(
  observation: KernelObservation,
  started: number | undefined,
  { handler, gvisor }: Wanted,
): Outcome {
  const observed = `${observation.observed}${startedText(handler, started)}`;
  const evidence = { ...observation.evidence, handler, sandboxesStarted: started ?? null };
  const flaw =
    kernelFlaw(observation, gvisor) ?? (started === 0 ? 'started with another handler' : undefined);
  return flaw === undefined ? pass(observed, evidence) : fail(`${flaw}: ${observed}`, evidence);
}

function kernelFlaw(
  { podKernel, nodeKernel, saysGvisor }: KernelObservation,
  gvisor: boolean,
): string | undefined {
  if (podKernel === '' || nodeKernel === '') return 'nothing to compare';
  if (podKernel === nodeKernel) return 'not sandboxed';
  if (saysGvisor !== gvisor) return gvisor ? 'not gVisor' : 'unexpectedly gVisor';
  return undefined;
}

function startedText(handler: string, started: number | undefined): string {
  return started === undefined
    ? '; the metrics of the kubelet, which count by handler, may not be read'
    : `; the kubelet counts ${started} more started with handler ${handler}`;
}

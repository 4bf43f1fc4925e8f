/** Step: the negative control. A pod outside any sandbox shows its node's kernel. */
import { nodesOffering, observeKernel } from '../kernel';
import { fail, notRun, pass, type Step } from '../step';
import { podName, VERIFY_NAMESPACE_LABELS } from '../pod';

/**
 * The negative control of the proofs: an ordinary pod, in a separate namespace that is not enabled, shows
 * the kernel of its node. Otherwise a different kernel would prove nothing.
 */
export const control: Step = {
  id: 'control',
  title: 'A pod outside any sandbox shows the kernel of its node',
  expected: "the node's kernel",
  run: async (context) => {
    if ((await nodesOffering(context)).length === 0)
      return notRun('no ready node reports a container runtime, so the pod would stay Pending');
    const namespace = `secure-ai-control-${context.suffix}`;
    await context.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: VERIFY_NAMESPACE_LABELS },
    });
    const observation = await observeKernel(context, {
      name: podName('control', context.suffix),
      namespace,
    });
    if ('outcome' in observation) return observation.outcome;
    const { podKernel, nodeKernel, saysGvisor, observed, evidence } = observation;
    const ordinary = podKernel !== '' && podKernel === nodeKernel && !saysGvisor;
    return ordinary
      ? pass(observed, evidence)
      : fail(`sandboxed nevertheless: ${observed}`, evidence);
  },
};

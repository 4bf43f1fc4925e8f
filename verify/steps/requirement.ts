/** Step: a pod without the required runtime label is refused. */
import { createDecider } from '../../policy/decision/decide';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { notRun, type Step } from '../step';
import { BUSYBOX_IMAGE, verificationPod } from '../pod';
import { refused } from '../refusal';

const NAME = 'invalid-ai-test';

/** A pod with a container that requires the label, but without the label, is refused with exactly the policy's message. */
export function unlabelled(policy: RuntimePolicy): Step {
  const requirement = policy.required[0];
  const namespace = requirement?.namespaces[0] ?? 'default';
  const pod = verificationPod({
    name: NAME,
    namespace,
    image: BUSYBOX_IMAGE,
    container: requirement?.container ?? 'main',
    gated: true,
  });
  const denials = createDecider(policy).decide(pod, { namespace }).denials;
  const message = denials.map((denial) => denial.message)[0];
  return {
    id: 'unlabelled-refused',
    title: `A pod without the runtime label is refused in ${namespace}`,
    expected: message ?? 'a refusal',
    run: async (context) => {
      if (message === undefined) return notRun('the policy requires the label of no container');
      return refused(context, pod, message);
    },
  };
}

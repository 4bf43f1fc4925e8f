import { createDecider } from '../../policy/decide';
import type { RuntimePolicy } from '../../policy/model';
import { admit } from '../admit';
import { fail, notRun, pass, type Step } from '../model';
import { BUSYBOX_IMAGE, verificationPod } from '../pod';

const NAME = 'invalid-ai-test';

/** A pod with a container that requires the label, and without it, is refused with exactly the policy's message. */
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
    run: async (scene) => {
      if (message === undefined) return notRun('the policy requires the label of no container');
      return refusedWith(message, await admit(scene, pod));
    },
  };
}

/** Passes when admission refused, and its answer holds the message to the letter. */
export function refusedWith(message: string, admission: Awaited<ReturnType<typeof admit>>) {
  if (admission.admitted) return fail('the pod was admitted');
  const evidence = { answer: admission.message };
  return admission.message.includes(message)
    ? pass(message, evidence)
    : fail(`refused with another message: ${admission.message}`, evidence);
}

/** Step: a pod without the required runtime label is refused. */
import { createDecider } from '../../policy/decision/decide';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { notRun, type Step } from '../step';
import { BUSYBOX_IMAGE, verificationPod } from '../pod';
import { refused } from '../refusal';

const NAME = 'invalid-ai-test';

/** A pod with a container that requires the label, but without the label, is refused with exactly the policy's message. */
export function unlabelled(policy: RuntimePolicy): Step {
  const tried = trials(policy);
  const trial = tried.find(({ message }) => message !== undefined);
  const message = trial?.message;
  return {
    id: 'unlabelled-refused',
    title: `A pod without the runtime label is refused in ${trial?.namespace ?? 'its namespace'}`,
    expected: message ?? 'a refusal',
    run: async (context) => {
      if (trial === undefined || message === undefined) {
        return notRun(
          tried.length === 0
            ? 'the policy requires the label of no container'
            : 'the policy requires the label only where it warns or audits',
        );
      }
      return refused(context, trial.pod, message);
    },
  };
}

/** A pod for each namespace of a requirement, with the message of its refusal; without one where that is not enforced. */
function trials(policy: RuntimePolicy) {
  const { decide } = createDecider(policy);
  return policy.required.flatMap(({ namespaces, container }) =>
    namespaces.map((namespace) => {
      const pod = verificationPod({
        name: NAME,
        namespace,
        image: BUSYBOX_IMAGE,
        container,
        gated: true,
      });
      const { denials } = decide(pod, { namespace });
      const message = denials.find(({ code }) => code === 'LABEL_REQUIRED')?.message;
      return { namespace, pod, message };
    }),
  );
}

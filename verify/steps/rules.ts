/** Steps: pods that match a rule get its runtime, or are refused with another. */
import { createDecider } from '../../policy/decision/decide';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { stringAt } from '../../kubernetes/object';
import { admit, runtimeEvidence, runtimeSummary } from '../admit';
import { fail, notRun, pass, type Step } from '../step';
import { enabledNamespace, NO_NAMESPACE } from '../namespace';
import { podName, verificationPod } from '../pod';
import { refused } from '../refusal';

/** A workload the rules may match. Its pod is gated, so its image is never pulled. */
export interface Sample {
  /** What the step is called after `rule-`. */
  readonly id: string;
  /** What the image holds. */
  readonly name: string;
  readonly image: string;
  /** Of each container, a Kubernetes quantity. */
  readonly cpu: string;
  /** @default 1 */
  readonly containers?: number;
}

function samplePod(
  { image, cpu, containers = 1 }: Sample,
  name: string,
  namespace: string,
  labels = {},
) {
  return verificationPod({ name, namespace, image, cpu, containers, labels, gated: true });
}

/** Fixed, because the expected message of the refusal names it. */
const MISLABELLED = 'mislabelled-ai-test';

const describe = ({ name, cpu, containers = 1 }: Sample) =>
  `A ${name} pod of ${containers === 1 ? '' : `${containers} x `}${cpu} CPU`;

/** A pod that names no runtime gets the one that the rules choose by its image and resources. */
export function selectedByRule(sample: Sample, policy: RuntimePolicy): Step {
  const selection = createDecider(policy).select(samplePod(sample, sample.id, 'default'), {
    namespace: 'default',
  });
  const runtime = selection.source === 'rule' ? selection.runtime : undefined;
  return {
    id: `rule-${sample.id}`,
    title: `${describe(sample)} gets its runtime by rule`,
    expected:
      runtime === undefined
        ? 'a runtime by rule'
        : `runtimeClassName ${runtime.runtimeClassName} (rule ${selection.rules.join(', ')})`,
    run: async (context) => {
      if (runtime === undefined) return notRun('no rule of the policy matches this pod');
      const namespace = await enabledNamespace(context);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const name = podName(`${sample.id}-test`, context.suffix);
      const admission = await admit(context, samplePod(sample, name, namespace));
      if (!admission.admitted) return fail(`refused: ${admission.message}`);
      const { pod } = admission;
      const right =
        stringAt(pod, 'spec', 'runtimeClassName') === runtime.runtimeClassName &&
        pod.metadata.labels?.[policy.labelKey] === runtime.name;
      const evidence = runtimeEvidence(pod, policy.labelKey);
      return right ? pass(runtimeSummary(pod), evidence) : fail(runtimeSummary(pod), evidence);
    },
  };
}

/** A pod whose label asks for a runtime that a rule does not accept is refused with exactly the policy's message. */
export function mislabelled(sample: Sample, policy: RuntimePolicy): Step {
  const wrong = policy.runtimes
    .map(({ name }) => ({ label: name, message: refusalOf(sample, policy, name) }))
    .find(({ message }) => message !== undefined);
  return {
    id: 'mislabelled-refused',
    title: `${describe(sample)} labelled ${wrong?.label ?? 'otherwise'} is refused`,
    expected: wrong?.message ?? 'a refusal',
    run: async (context) => {
      if (wrong?.message === undefined) return notRun('no rule of the policy refuses this pod');
      const namespace = await enabledNamespace(context);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const labels = { [policy.labelKey]: wrong.label };
      return refused(context, samplePod(sample, MISLABELLED, namespace, labels), wrong.message);
    },
  };
}

function refusalOf(sample: Sample, policy: RuntimePolicy, label: string): string | undefined {
  const pod = samplePod(sample, MISLABELLED, 'default', { [policy.labelKey]: label });
  const { denials } = createDecider(policy).decide(pod, { namespace: 'default' });
  return denials.find(({ code }) => code === 'RULE_VIOLATED')?.message;
}

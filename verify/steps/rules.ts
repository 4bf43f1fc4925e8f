/** Steps: pods that match a rule get its runtime, or are refused with another. */
import { createDecider } from '../../policy/decision/decide';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { stringAt } from '../../kubernetes/object';
import { admit, runtimeEvidence, runtimeSummary } from '../admit';
import { fail, notRun, pass, type Step } from '../step';
import { enabledNamespace, NO_NAMESPACE, someEnforcedNamespace, whyRefused } from '../namespace';
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
  const expectedIn = someEnforcedNamespace(policy);
  const selection =
    expectedIn === undefined ? undefined : ruleSelection(sample, policy, expectedIn);
  return {
    id: `rule-${sample.id}`,
    title: `${describe(sample)} gets its runtime by rule`,
    expected:
      selection === undefined
        ? 'a runtime by rule'
        : `runtimeClassName ${selection.runtime.runtimeClassName} (rule ${selection.rules.join(', ')})`,
    run: async (context) => {
      if (expectedIn !== undefined && selection === undefined) return notRun(NO_RULE);
      const namespace = await enabledNamespace(context);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const runtime = ruleSelection(sample, policy, namespace)?.runtime;
      if (runtime === undefined) return notRun(NO_RULE);
      const tried = samplePod(sample, podName(`${sample.id}-test`, context.suffix), namespace);
      const refusal = whyRefused(policy, tried);
      if (refusal !== undefined) return notRun(refusal);
      const admission = await admit(context, tried);
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

const NO_RULE = 'no rule of the policy chooses a runtime for this pod';

function ruleSelection(sample: Sample, policy: RuntimePolicy, namespace: string) {
  const pod = samplePod(sample, sample.id, namespace);
  const { runtime, source, rules } = createDecider(policy).select(pod, { namespace });
  return source === 'rule' && runtime !== undefined ? { runtime, rules } : undefined;
}

/** A pod whose label asks for a runtime that a rule does not accept is refused with exactly the policy's message. */
export function mislabelled(sample: Sample, policy: RuntimePolicy): Step {
  const expectedIn = someEnforcedNamespace(policy);
  const wrong = expectedIn === undefined ? undefined : violation(sample, policy, expectedIn);
  return {
    id: 'mislabelled-refused',
    title: `${describe(sample)} labelled ${wrong?.label ?? 'otherwise'} is refused`,
    expected: wrong?.message ?? 'a refusal',
    run: async (context) => {
      if (expectedIn !== undefined && wrong === undefined) return notRun(NO_REFUSAL);
      const namespace = await enabledNamespace(context);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const found = violation(sample, policy, namespace);
      if (found === undefined) return notRun(NO_REFUSAL);
      const labels = { [policy.labelKey]: found.label };
      return refused(context, samplePod(sample, MISLABELLED, namespace, labels), found.message);
    },
  };
}

const NO_REFUSAL = 'no rule of the policy refuses this pod';

/** The first runtime that the rules do not accept for the sample as a label, and what is then said. */
function violation(sample: Sample, policy: RuntimePolicy, namespace: string) {
  const { decide } = createDecider(policy);
  for (const { name: label } of policy.runtimes) {
    const pod = samplePod(sample, MISLABELLED, namespace, { [policy.labelKey]: label });
    const { denials } = decide(pod, { namespace });
    const message = denials.find(({ code }) => code === 'RULE_VIOLATED')?.message;
    if (message !== undefined) return { label, message };
  }
  return undefined;
}

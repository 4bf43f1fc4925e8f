/** Step: a pod labelled with a runtime gets its RuntimeClass. */
import type { Runtime } from '../../policy/model/runtime-policy';
import { stringAt } from '../../kubernetes/object';
import { admit, runtimeEvidence, runtimeSummary } from '../admit';
import { fail, notRun, pass, type Step } from '../step';
import { enabledNamespace, NO_NAMESPACE, whyRefused } from '../namespace';
import { BUSYBOX_IMAGE, podName, verificationPod } from '../pod';

/** A pod that names a runtime by label gets its class, and with it what the RuntimeClass adds. */
export function labelled(runtime: Runtime): Step {
  return {
    id: `label-${runtime.name}`,
    title: `A pod labelled ${runtime.name} gets its runtime`,
    expected: `runtimeClassName ${runtime.runtimeClassName}`,
    run: async (context) => {
      const namespace = await enabledNamespace(context);
      if (namespace === undefined) return notRun(NO_NAMESPACE);
      const { labelKey } = context.policy;
      const labelledPod = verificationPod({
        name: podName(`${runtime.name}-test`, context.suffix),
        namespace,
        image: BUSYBOX_IMAGE,
        labels: { [labelKey]: runtime.name },
        command: ['sleep', '600'],
      });
      const refusal = whyRefused(context.policy, labelledPod);
      if (refusal !== undefined) return notRun(refusal);
      const admission = await admit(context, labelledPod);
      if (!admission.admitted) return fail(`refused: ${admission.message}`);
      const { pod } = admission;
      const evidence = runtimeEvidence(pod, labelKey);
      return stringAt(pod, 'spec', 'runtimeClassName') === runtime.runtimeClassName
        ? pass(runtimeSummary(pod), evidence)
        : fail(runtimeSummary(pod), evidence);
    },
  };
}

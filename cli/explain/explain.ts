/** What admission would do to a pod under a policy, and why. */
import type { Denial, PatchOperation, Source } from '../../policy/decision/decision';
import { createDecider } from '../../policy/decision/decide';
import { explainRule, type Explanation } from '../../policy/rules/explain';
import { podFacts } from '../../policy/pod/facts';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import type { FoundPod } from './manifests';

export interface ExplainedPod {
  readonly source: string;
  readonly namespace: string;
  /** Name of the runtime, or null if the pod stays unchanged. */
  readonly runtime: string | null;
  readonly runtimeClassName: string | null;
  readonly chosenBy: Source;
  readonly rules: readonly ExplainedRule[];
  readonly patch: readonly PatchOperation[];
  readonly denials: readonly Denial[];
}

export interface ExplainedRule {
  readonly name: string;
  readonly title: string;
  /** What the rule does: the runtime it asks for, or why it refuses or exempts. */
  readonly runtime?: string;
  readonly deny?: string;
  readonly exempt?: string;
  readonly matches: boolean;
  readonly condition: Explanation;
}

/** @param found a pod, explained as if it were created in an enabled namespace */
export function explainPod(found: FoundPod, policy: RuntimePolicy): ExplainedPod {
  const { source, namespace, pod } = found;
  const { selection, patch, denials } = createDecider(policy).decide(pod, { namespace });
  const facts = podFacts(pod, { namespace });
  const rules = policy.rules.map((rule) => {
    const { matches, condition } = explainRule(rule, facts);
    const { name, title, runtime, deny, exempt } = rule;
    const effect = {
      ...(runtime && { runtime }),
      ...(deny && { deny }),
      ...(exempt && { exempt }),
    };
    return { name, title, ...effect, matches, condition };
  });
  return {
    source,
    namespace,
    runtime: selection.runtime?.name ?? null,
    runtimeClassName: selection.runtime?.runtimeClassName ?? null,
    chosenBy: selection.source,
    rules,
    patch,
    denials,
  };
}

/** What admission would do to a pod under a policy, and why. */
import type {
  Denial,
  PatchOperation,
  Preview,
  Selection,
  Source,
} from '../../policy/decision/decision';
import { createDecider } from '../../policy/decision/decide';
import { explainRule, type Explanation } from '../../policy/rules/explain';
import { podFacts } from '../../policy/pod/facts';
import type { Enforcement, RuntimePolicy } from '../../policy/model/runtime-policy';
import { tooLarge } from './limits';
import type { FoundPod } from './manifests';

export interface Choice {
  /** Name of the runtime, or null if the pod stays unchanged. */
  readonly runtime: string | null;
  readonly runtimeClassName: string | null;
  readonly chosenBy: Source;
}

export interface ExplainedPod extends Choice {
  readonly source: string;
  readonly namespace: string;
  /** Of the namespace. Under `warn` and `audit` nothing is chosen or refused, and `previews` has what `deny` would do. */
  readonly enforcement: Enforcement;
  /** Names of the rules that exempt the pod; empty if none does. */
  readonly exemptBy: readonly string[];
  readonly rules: readonly ExplainedRule[];
  readonly patch: readonly PatchOperation[];
  readonly denials: readonly Denial[];
  /** What softer parts of the policy, or the whole of it, would do beyond that. */
  readonly previews: readonly ExplainedPreview[];
  /** Why the webhook admits the pod without reading it, or null. Where the policy is enforced such a pod is refused. */
  readonly unread: string | null;
}

export interface ExplainedPreview extends Choice {
  readonly enforcement: Preview['enforcement'];
  readonly denials: readonly Denial[];
}

export interface ExplainedRule {
  readonly name: string;
  readonly title: string;
  /** What the rule does: the runtime it asks for, or why it refuses or exempts. */
  readonly runtime?: string;
  readonly deny?: string;
  readonly exempt?: string;
  /** Where it is softer than the policy. */
  readonly enforcement?: Enforcement;
  readonly matches: boolean;
  readonly condition: Explanation;
}

/** @param found a pod, explained as if it were created in an enabled namespace */
export function explainPod(found: FoundPod, policy: RuntimePolicy): ExplainedPod {
  const { source, namespace, pod } = found;
  const decision = createDecider(policy).decide(pod, { namespace });
  const { selection, patch, denials, enforcement } = decision;
  const facts = podFacts(pod, { namespace });
  const rules = policy.rules.map((rule) => {
    const { matches, condition } = explainRule(rule, facts);
    const { name, title, runtime, deny, exempt } = rule;
    const effect = {
      ...(runtime && { runtime }),
      ...(deny && { deny }),
      ...(exempt && { exempt }),
      ...(rule.enforcement && { enforcement: rule.enforcement }),
    };
    return { name, title, ...effect, matches, condition };
  });
  return {
    source,
    namespace,
    enforcement,
    ...choiceOf(selection),
    exemptBy: selection.source === 'exempt' ? selection.rules : [],
    rules,
    patch,
    denials,
    previews: decision.previews.map((preview) => ({
      enforcement: preview.enforcement,
      ...choiceOf(preview.selection),
      denials: preview.denials,
    })),
    unread: enforcement === 'deny' ? null : (tooLarge(found)?.message ?? null),
  };
}

function choiceOf({ runtime, source }: Selection): Choice {
  return {
    runtime: runtime?.name ?? null,
    runtimeClassName: runtime?.runtimeClassName ?? null,
    chosenBy: source,
  };
}

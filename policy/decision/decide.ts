/** The decision about a pod, whole: select, validate, mutate. Pure: the same pod, context and policy give the same decision. */
import type { DecisionContext, Denial, PatchOperation, Preview, Selection } from './decision';
import type { Scope, Stage } from './enforcement';
import { partsInForce, scopeFinder } from './enforcement';
import type { PodFacts } from '../pod/facts';
import { podFacts } from '../pod/facts';
import { annotationsOf, labelsOf, runtimeClassNameOf } from '../pod/pod';
import { policyHash } from '../model/policy-hash';
import { isJudgedChange } from './judged-change';
import type { Matcher } from '../rules/match';
import { referenceMatcher } from '../rules/match';
import type { RuntimeClass } from '../model/runtime-class';
import type { Enforcement, Rule, RuntimePolicy } from '../model/runtime-policy';
import { objectOf } from '../../base/untrusted';
import { applyPatch, patchFor } from './patch';
import { formatRecord, recordOf } from './record';
import { selectRuntime } from './select';
import { choose, type Choice } from './select-anew';
import { denialsOf } from './validate';

interface Mutation {
  /** Of a pod with a decision record: what is chosen without the label and class that it claims the mutator set. Else what `select` says. */
  readonly selection: Selection;
  readonly patch: readonly PatchOperation[];
}

export interface Decision extends Mutation {
  /** The pod with the patch applied. */
  readonly pod: unknown;
  /** What validation says of that pod. */
  readonly denials: readonly Denial[];
  /** Of the namespace. Under `warn` and `audit` nothing is chosen and nobody refused, and the decision is in `previews`. */
  readonly enforcement: Enforcement;
  /** What softer parts of the policy, or the whole of it, would have done; hardest first. */
  readonly previews: readonly Preview[];
}

/** What validation says of a pod under one enforcement. */
interface Report {
  readonly enforcement: Enforcement;
  readonly denials: readonly Denial[];
}

/** Decides about pods under one policy. Pods are unvalidated; nothing here throws or changes them. */
export interface Decider {
  /** The selection table, applied to the pod as it stands. Nothing is chosen where the namespace only warns or audits. */
  readonly select: (pod: unknown, context: DecisionContext) => Selection;
  /** Every reason to refuse the pod. With `old`, the pod before an update: none unless `isJudgedChange` says that it is judged. */
  readonly validate: (pod: unknown, context: DecisionContext, old?: unknown) => readonly Denial[];
  /**
   * `validate`, under each enforcement of the namespace. Of a pod that is being created where the namespace only warns or audits, and so
   * was not mutated, it says what would be left to refuse after mutation.
   */
  readonly reports: (pod: unknown, context: DecisionContext, old?: unknown) => readonly Report[];
  /** What the mutator does when a pod is created. */
  readonly mutate: (pod: unknown, context: DecisionContext) => Mutation;
  /** Mutation and then validation: what becomes of a pod that is created. */
  readonly decide: (pod: unknown, context: DecisionContext) => Decision;
}

const NOTHING: Selection = { runtime: undefined, source: 'none', rules: [] };

/** A pod that is being decided about. */
interface Subject {
  readonly pod: unknown;
  readonly context: DecisionContext;
  readonly facts: PodFacts;
  readonly matching: readonly Rule[];
  readonly scope: Scope;
}

/**
 * @param policy as `definePolicy` makes it
 * @param matcher finds the matching rules. Default: the reference, which tries each rule; `compileMatcher` does the same faster
 * @param runtimeClasses those of the cluster that are known. A class that is not is never exchanged. Default: none
 */
export function createDecider(
  policy: RuntimePolicy,
  matcher: Matcher = referenceMatcher(policy),
  runtimeClasses: readonly RuntimeClass[] = [],
): Decider {
  const hash = policyHash(policy);
  const classes = new Map(runtimeClasses.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  const scopeOf = scopeFinder(policy);

  function read(pod: unknown, context: DecisionContext): Subject {
    const facts = podFacts(pod, context);
    return {
      pod,
      context,
      facts,
      matching: matcher.matching(facts),
      scope: scopeOf(facts.namespace),
    };
  }

  function choiceAt(
    { enforcement, policy: inForce }: Stage,
    { pod, facts, matching }: Subject,
  ): Choice {
    const inStage = (rules: readonly Rule[]) => partsInForce(rules, enforcement);
    const ground = {
      policy: inForce,
      hash,
      runtimeClasses: classes,
      matching: (other: PodFacts) => inStage(matcher.matching(other)),
    };
    return choose(ground, pod, facts, inStage(matching));
  }

  function mutationOf({ pod }: Subject, { selection, origin, changes }: Choice): Mutation {
    const { runtime } = selection;
    const record = recordOf(selection, hash);
    const patch = patchFor(policy, pod, {
      label: origin.labels.get(policy.labelKey) ?? runtime?.name,
      runtimeClassName: origin.runtimeClassName ?? runtime?.runtimeClassName,
      annotation: record && formatRecord(record),
      changes,
    });
    return { selection, patch };
  }

  function denialsAt(
    { enforcement, policy: inForce }: Stage,
    { facts, matching }: Subject,
  ): readonly Denial[] {
    return denialsOf(inForce, facts, partsInForce(matching, enforcement));
  }

  /** Mutation and then validation, as if the stage were enforced. */
  function decideAt(stage: Stage, subject: Subject) {
    const choice = choiceAt(stage, subject);
    const mutation = mutationOf(subject, choice);
    const pod = applyPatch(subject.pod, mutation.patch);
    // Rules may ask about what changed with the class.
    const after =
      choice.changes.length > 0
        ? read(pod, subject.context)
        : { ...subject, facts: afterPatch(subject.facts, pod) };
    return { ...mutation, pod, denials: denialsAt(stage, after) };
  }

  /** Where nothing is enforced the pod stays as it is, but for an annotation that is no decision. */
  function leftAlone(subject: Subject): Mutation {
    return mutationOf(subject, { selection: NOTHING, origin: subject.facts, changes: [] });
  }

  function mutate(pod: unknown, context: DecisionContext): Mutation {
    const subject = read(pod, context);
    const enforced = enforcedStage(subject.scope);
    return enforced === undefined
      ? leftAlone(subject)
      : mutationOf(subject, choiceAt(enforced, subject));
  }

  function select(pod: unknown, context: DecisionContext): Selection {
    const subject = read(pod, context);
    const enforced = enforcedStage(subject.scope);
    if (enforced === undefined) return NOTHING;
    const rules = partsInForce(subject.matching, enforced.enforcement);
    return selectRuntime(enforced.policy, subject.facts, rules);
  }

  function validate(pod: unknown, context: DecisionContext, old?: unknown): readonly Denial[] {
    return (
      reports(pod, context, old).find(({ enforcement }) => enforcement === 'deny')?.denials ?? []
    );
  }

  function reports(pod: unknown, context: DecisionContext, old?: unknown): readonly Report[] {
    if (!isJudgedChange(policy, old, pod)) return [];
    const isStored = context.isStored === true || objectOf(old) !== undefined;
    const subject = read(pod, { ...context, isStored });
    const { enforcement, stages } = subject.scope;
    const isMutated = isStored || enforcement === 'deny';
    return stages.map((stage) => ({
      enforcement: stage.enforcement,
      denials: isMutated ? denialsAt(stage, subject) : decideAt(stage, subject).denials,
    }));
  }

  function decide(pod: unknown, context: DecisionContext): Decision {
    const subject = read(pod, context);
    const { enforcement, stages } = subject.scope;
    const enforced = enforcedStage(subject.scope);
    const alone = leftAlone(subject);
    const decision =
      enforced === undefined
        ? { ...alone, pod: applyPatch(pod, alone.patch), denials: [] }
        : decideAt(enforced, subject);
    const softer = stages.filter((stage) => stage !== enforced);
    const previews = previewsOf(decision, softer, (stage) => decideAt(stage, subject));
    return { ...decision, enforcement, previews };
  }

  return { select, validate, reports, mutate, decide };
}

/** The stage whose decisions are carried out: none where the namespace only warns or audits. */
function enforcedStage({ enforcement, stages }: Scope): Stage | undefined {
  return enforcement === 'deny' ? stages[0] : undefined;
}

type Outcome = Pick<Decision, 'selection' | 'denials'>;

/** Of each stage what it would do that nothing harder does. */
function previewsOf(
  enforced: Outcome,
  softer: readonly Stage[],
  outcomeAt: (stage: Stage) => Outcome,
): readonly Preview[] {
  const previews: Preview[] = [];
  let harder = enforced;
  for (const stage of softer) {
    const { enforcement } = stage;
    if (enforcement === 'deny') continue;
    const outcome = outcomeAt(stage);
    const told = new Set(harder.denials.map(({ message }) => message));
    const denials = outcome.denials.filter(({ message }) => !told.has(message));
    const isOtherwise =
      outcome.selection.runtime !== harder.selection.runtime ||
      outcome.selection.source !== harder.selection.source;
    if (denials.length > 0 || isOtherwise) {
      previews.push({ enforcement, selection: outcome.selection, denials });
    }
    harder = outcome;
  }
  return previews;
}

/**
 * The facts of the pod after a patch that exchanges nothing else of `spec`. No rule may look at the label, the annotation or the class
 * (`checkOwnKeys` in model/define-conditions.ts; no condition has the class), so the same rules match.
 */
function afterPatch(facts: PodFacts, patched: unknown): PodFacts {
  return {
    ...facts,
    labels: labelsOf(patched),
    annotations: annotationsOf(patched),
    runtimeClassName: runtimeClassNameOf(patched),
  };
}

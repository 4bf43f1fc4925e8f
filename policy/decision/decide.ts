/** The decision about a pod, whole: select, validate, mutate. Pure: the same pod, context and policy give the same decision. */
import type { DecisionContext, Denial, PatchOperation, Selection } from './decision';
import type { PodFacts } from '../pod/facts';
import { podFacts } from '../pod/facts';
import { annotationsOf, labelsOf, runtimeClassNameOf } from '../pod/pod';
import { policyHash } from '../model/policy-hash';
import { isJudgedChange } from './judged-change';
import type { Matcher } from '../rules/match';
import { referenceMatcher } from '../rules/match';
import type { Rule, RuntimePolicy } from '../model/runtime-policy';
import { DECISION_ANNOTATION } from '../../base/names';
import { applyPatch, patchFor } from './patch';
import { beforeMutation, formatRecord, parseRecord, recordOf } from './record';
import { selectRuntime } from './select';
import { denialsOf } from './validate';

interface Mutation {
  /** Where a standing annotation is kept, the selection it stands for; else what `select` says. The runtime is the same either way. */
  readonly selection: Selection;
  readonly patch: readonly PatchOperation[];
}

interface Decision extends Mutation {
  /** The pod with the patch applied. */
  readonly pod: unknown;
  /** What validation says of that pod. */
  readonly denials: readonly Denial[];
}

/** Decides about pods under one policy. Pods are unvalidated; nothing here throws or changes them. */
export interface Decider {
  /** The selection table, applied to the pod as it stands. */
  readonly select: (pod: unknown, context: DecisionContext) => Selection;
  /** Every reason to refuse the pod. With `old`, the pod before an update: none unless `isJudgedChange` says that it is judged. */
  readonly validate: (pod: unknown, context: DecisionContext, old?: unknown) => readonly Denial[];
  /** What the mutator does when a pod is created. */
  readonly mutate: (pod: unknown, context: DecisionContext) => Mutation;
  /** Mutation and then validation: what becomes of a pod that is created. */
  readonly decide: (pod: unknown, context: DecisionContext) => Decision;
}

/**
 * @param policy as `definePolicy` makes it
 * @param matcher finds the matching rules. Default: the reference, which tries each rule; `compileMatcher` does the same faster
 */
export function createDecider(
  policy: RuntimePolicy,
  matcher: Matcher = referenceMatcher(policy),
): Decider {
  const hash = policyHash(policy);

  function select(pod: unknown, context: DecisionContext): Selection {
    const facts = podFacts(pod, context);
    return selectRuntime(policy, facts, matcher.matching(facts));
  }

  function validate(pod: unknown, context: DecisionContext, old?: unknown): readonly Denial[] {
    if (!isJudgedChange(policy, old, pod)) return [];
    const facts = podFacts(pod, context);
    return denialsOf(policy, facts, matcher.matching(facts));
  }

  function mutationOf(pod: unknown, facts: PodFacts, matching: readonly Rule[]): Mutation {
    const selection =
      standingSelection(policy, hash, facts, matching) ?? selectRuntime(policy, facts, matching);
    const record = recordOf(selection, hash);
    const annotation = record && formatRecord(record);
    return { selection, patch: patchFor(policy, pod, selection, annotation) };
  }

  function mutate(pod: unknown, context: DecisionContext): Mutation {
    const facts = podFacts(pod, context);
    return mutationOf(pod, facts, matcher.matching(facts));
  }

  function decide(pod: unknown, context: DecisionContext): Decision {
    const facts = podFacts(pod, context);
    const matching = matcher.matching(facts);
    const mutation = mutationOf(pod, facts, matching);
    const mutated = applyPatch(pod, mutation.patch);
    const denials = denialsOf(policy, afterPatch(facts, mutated), matching);
    return { ...mutation, pod: mutated, denials };
  }

  return { select, validate, mutate, decide };
}

/**
 * The facts of the patched pod. A patch sets nothing else, and no rule may look at the label, the annotation or the class
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

/**
 * The selection an annotation on the pod stands for: kept only if deciding anew, without the label and class it claims to have set,
 * gives the very same record. The API server calls a second time under `reinvocationPolicy: IfNeeded`, when the label alone would
 * say no more than `label`; and an author may have written anything.
 */
function standingSelection(
  policy: RuntimePolicy,
  hash: string,
  facts: PodFacts,
  matching: readonly Rule[],
): Selection | undefined {
  const annotation = facts.annotations.get(DECISION_ANNOTATION);
  const claimed = annotation === undefined ? undefined : parseRecord(annotation);
  if (claimed === undefined) return undefined;
  const anew = selectRuntime(policy, beforeMutation(policy, facts, claimed), matching);
  const record = recordOf(anew, hash);
  return record !== undefined && formatRecord(record) === annotation ? anew : undefined;
}

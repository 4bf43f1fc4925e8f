/**
 * Deciding about a pod that carries a decision record: the API server calls again after other webhooks changed it, or an author wrote the
 * record. What the record claims the mutator has set is taken away, the pod is decided about without it, and label, class, and what the
 * class brought are replaced. So a record only ever means "decide for me", and a forged one gains nothing.
 */
import type { Selection } from './decision';
import { beforeMutation, formatRecord, parseRecord, recordOf } from './record';
import { exchangeClass, isBrought, NO_CLASS, type SpecChange } from './runtime-class';
import { selectRuntime } from './select';
import { isMirror } from './demands';
import type { RuntimeClass } from '../model/runtime-class';
import type { Rule, RuntimePolicy } from '../model/runtime-policy';
import type { PodFacts } from '../pod/facts';
import { specOf } from '../pod/pod';
import { DECISION_ANNOTATION } from '../../base/names';

/** Label and class as somebody other than the mutator has set them. */
type Origin = Pick<PodFacts, 'labels' | 'runtimeClassName'>;

export interface Choice {
  readonly selection: Selection;
  readonly origin: Origin;
  /** What else of `spec` the mutator exchanges. */
  readonly changes: readonly SpecChange[];
}

export interface Ground {
  readonly policy: RuntimePolicy;
  /** Of the whole policy, as records have it. */
  readonly hash: string;
  /** Those that are known, by name. */
  readonly runtimeClasses: ReadonlyMap<string, RuntimeClass>;
  /** The rules in force that match. */
  readonly matching: (facts: PodFacts) => readonly Rule[];
}

/** @param rules what `matching` gives for the facts */
export function choose(
  ground: Ground,
  pod: unknown,
  facts: PodFacts,
  rules: readonly Rule[],
): Choice {
  return chooseAnew(ground, pod, facts, rules) ?? chooseAsWritten(ground.policy, facts, rules);
}

function chooseAsWritten(policy: RuntimePolicy, facts: PodFacts, rules: readonly Rule[]): Choice {
  return { selection: selectRuntime(policy, facts, rules), origin: facts, changes: [] };
}

/**
 * Undefined where the pod is judged as written: it has no record, mirrors a static pod, or its class cannot be exchanged, because a
 * RuntimeClass is not known or the API server would refuse the result.
 */
function chooseAnew(
  ground: Ground,
  pod: unknown,
  facts: PodFacts,
  rules: readonly Rule[],
): Choice | undefined {
  const annotation = facts.annotations.get(DECISION_ANNOTATION);
  const record = annotation === undefined ? undefined : parseRecord(annotation);
  if (record === undefined || isMirror(facts)) return undefined;
  const origin = beforeMutation(ground.policy, facts, record);
  const asIs = selectRuntime(ground.policy, origin, rules);
  const standing = recordOf(asIs, ground.hash);
  const isStanding = standing !== undefined && formatRecord(standing) === annotation;
  const selection = isStanding ? asIs : (selectBare(ground, facts, origin) ?? asIs);
  const wanted = origin.runtimeClassName ?? selection.runtime?.runtimeClassName;
  const changes = classChanges(ground, pod, facts.runtimeClassName, wanted);
  return changes && { selection, origin, changes };
}

/** Rules may ask for a node selector: what is chosen without the entries of our class. Undefined where it brought none. */
function selectBare(
  { policy, runtimeClasses, matching }: Ground,
  facts: PodFacts,
  origin: PodFacts,
): Selection | undefined {
  const isOurs = origin.runtimeClassName !== facts.runtimeClassName;
  const brought = isOurs ? runtimeClasses.get(facts.runtimeClassName ?? '') : undefined;
  if (brought === undefined) return undefined;
  const own = [...origin.nodeSelector].filter(
    ([key, value]) => !isBrought(brought.nodeSelector, key, value),
  );
  if (own.length === origin.nodeSelector.size) return undefined;
  const bare = { ...origin, nodeSelector: new Map(own) };
  return selectRuntime(policy, bare, matching(bare));
}

/**
 * What changes with the class, from the pod's own to the wanted one. A first class of a RuntimeClass that is not known is set alone.
 */
function classChanges(
  { runtimeClasses }: Ground,
  pod: unknown,
  present: string | undefined,
  wanted: string | undefined,
): readonly SpecChange[] | undefined {
  if (present === wanted) return [];
  const known = (name: string | undefined) =>
    name === undefined ? NO_CLASS : runtimeClasses.get(name);
  const [from, to] = [known(present), known(wanted)];
  const changes = from && to && exchangeClass(specOf(pod), from, to);
  return present === undefined ? (changes ?? []) : changes;
}

/** The decision annotation: what the mutator decided, for those who ask later. */
import { runtimeNamed } from './strength';
import type { DecisionRecord, Selection } from './decision';
import type { PodFacts } from '../pod/facts';
import type { RuntimePolicy } from '../model/runtime-policy';
import { elementsOf, memberOf, stringOf } from '../../base/untrusted';

/** Longer annotations are none of ours: a record names one runtime and the rules of one policy. */
const MAX_RECORD_LENGTH = 256 * 1024;

/** What a selection is remembered by, or undefined where nothing was chosen. */
export function recordOf(selection: Selection, policyHash: string): DecisionRecord | undefined {
  const { runtime, source, rules } = selection;
  if (source === 'none' || source === 'mirror') return undefined;
  return { ...(runtime && { runtime: runtime.name }), source, rules, policy: policyHash };
}

/** The annotation's value. Equal records have equal values. */
export function formatRecord({ runtime, source, rules, policy }: DecisionRecord): string {
  return JSON.stringify({ runtime, source, rules, policy });
}

/** Reads an annotation, which anybody may have written; undefined where it is no record. Unknown members are left out. */
export function parseRecord(text: string): DecisionRecord | undefined {
  if (text.length > MAX_RECORD_LENGTH) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const runtime = stringOf(memberOf(value, 'runtime'));
  const policy = stringOf(memberOf(value, 'policy'));
  const source = SOURCES.find((known) => known === memberOf(value, 'source'));
  const rules = elementsOf(memberOf(value, 'rules')).filter((rule) => typeof rule === 'string');
  if (policy === undefined || source === undefined) return undefined;
  if ((runtime === undefined) !== (source === 'exempt')) return undefined;
  return { ...(runtime !== undefined && { runtime }), source, rules, policy };
}

const SOURCES: readonly DecisionRecord['source'][] = [
  'label',
  'class',
  'rule',
  'default',
  'exempt',
];

/**
 * The facts without what a record claims the mutator has set: the label unless the label itself was the source, the class unless the
 * class was. Only a label and a class that are the record's own runtime can have been set by it.
 */
export function beforeMutation(
  policy: RuntimePolicy,
  facts: PodFacts,
  { runtime, source }: DecisionRecord,
): PodFacts {
  if (runtime === undefined) return facts;
  const labels = new Map(facts.labels);
  if (source !== 'label' && labels.get(policy.labelKey) === runtime) labels.delete(policy.labelKey);
  const runtimeClassName = runtimeNamed(policy, runtime)?.runtimeClassName;
  const isClaimed = source !== 'class' && facts.runtimeClassName === runtimeClassName;
  return { ...facts, labels, runtimeClassName: isClaimed ? undefined : facts.runtimeClassName };
}

/** Checks of rule conditions that a schema cannot make. They read the raw policy, so that they run beside the schema. */
import type { Problem } from '../../base/errors';
import { DECISION_ANNOTATION, RUNTIME_LABEL } from '../../base/names';
import { formatPath } from '../../base/zod-problems';
import { elementsOf, entriesOf, memberOf, objectOf, stringOf } from '../../base/untrusted';

/** Conditions inside conditions: deep enough for any rule a person can follow, shallow enough to walk recursively. */
export const MAX_CONDITION_DEPTH = 16;

/** What a whole policy may need: the condition levels, doubled by their lists, and what is around and inside. */
const MAX_VALUE_DEPTH = 2 * MAX_CONDITION_DEPTH + 32;

type Path = readonly (string | number)[];

/** Whether a value is nested so deeply, or in a circle, that walking it recursively is not safe. */
export function isTooDeep(value: unknown): boolean {
  const pending: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > MAX_VALUE_DEPTH) return true;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const member of Object.values(next.value)) {
      if (typeof member === 'object') pending.push({ value: member, depth: next.depth + 1 });
    }
  }
  return false;
}

/** The problems of every rule's `when`. The policy must not be too deep. */
export function checkConditions(policy: unknown): Problem[] {
  const labelKey = stringOf(memberOf(policy, 'labelKey')) ?? RUNTIME_LABEL;
  return elementsOf(memberOf(policy, 'rules')).flatMap((rule, index) =>
    checkCondition(memberOf(rule, 'when'), ['rules', index, 'when'], { depth: 1, labelKey }),
  );
}

interface Place {
  readonly depth: number;
  readonly labelKey: string;
}

function checkCondition(condition: unknown, path: Path, place: Place): Problem[] {
  if (objectOf(condition) === undefined) return [];
  if (place.depth > MAX_CONDITION_DEPTH) {
    const fix = `write at most ${MAX_CONDITION_DEPTH} levels`;
    return [{ path: formatPath(path), reason: 'is nested too deeply', fix }];
  }
  const inner = { ...place, depth: place.depth + 1 };
  const lists = (['all', 'any'] as const).flatMap((list) =>
    elementsOf(memberOf(condition, list)).flatMap((member, index) =>
      checkCondition(member, [...path, list, index], inner),
    ),
  );
  return [
    ...checkNotEmpty(condition, path),
    ...lists,
    ...checkCondition(memberOf(condition, 'not'), [...path, 'not'], inner),
    ...checkOwnKeys(memberOf(condition, 'pod'), [...path, 'pod'], place.labelKey),
  ];
}

function checkNotEmpty(condition: unknown, path: Path): Problem[] {
  if (entriesOf(condition).some(([, member]) => member !== undefined)) return [];
  const fix = 'give it all, any, not, container or pod';
  return [{ path: formatPath(path), reason: 'is a condition without a member', fix }];
}

/**
 * A rule may not look at the runtime label and the decision annotation: they are what the rules decide, so a rule that read them
 * could match before the mutator has run and not after, or the other way round.
 */
function checkOwnKeys(pod: unknown, path: Path, labelKey: string): Problem[] {
  const own = [
    ['labels', labelKey],
    ['annotations', DECISION_ANNOTATION],
  ] as const;
  return own.flatMap(([member, key]) => {
    if (memberOf(memberOf(pod, member), key) === undefined) return [];
    const fix = 'remove it: the label is judged by its own rules';
    return [
      { path: formatPath([...path, member, key]), reason: 'is set by the decision itself', fix },
    ];
  });
}

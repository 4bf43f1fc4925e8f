/** Checks of rule conditions that a schema cannot make. They read the raw policy, so that they run beside the schema. */
import type { Problem } from '../../base/errors';
import { globMatches } from '../../base/glob';
import {
  DECISION_ANNOTATION,
  GVISOR_NODE_LABEL,
  KATA_NODE_LABEL,
  RUNTIME_LABEL,
} from '../../base/names';
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

/** Checks what stands in one condition, beside its `all`, `any` and `not`. */
type Check = (condition: unknown, path: Path, place: Place) => Problem[];

const checkCondition: Check = (condition, path, place) =>
  checkNested(condition, path, place, (inner, innerPath, innerPlace) => [
    ...(['container', 'everyContainer'] as const).flatMap((member) =>
      checkContainer(memberOf(inner, member), [...innerPath, member], innerPlace),
    ),
    ...checkOwnKeys(memberOf(inner, 'pod'), [...innerPath, 'pod'], place.labelKey),
  ]);

const checkContainer: Check = (condition, path, place) =>
  checkNested(condition, path, place, () => []);

/** The checks that both kinds of condition need, and `check`, on the condition and all conditions inside it. */
function checkNested(condition: unknown, path: Path, place: Place, check: Check): Problem[] {
  if (objectOf(condition) === undefined) return [];
  if (place.depth > MAX_CONDITION_DEPTH) {
    const fix = `write at most ${MAX_CONDITION_DEPTH} levels`;
    return [{ path: formatPath(path), reason: 'is nested too deeply', fix }];
  }
  const inner = { ...place, depth: place.depth + 1 };
  const lists = (['all', 'any'] as const).flatMap((list) =>
    elementsOf(memberOf(condition, list)).flatMap((member, index) =>
      checkNested(member, [...path, list, index], inner, check),
    ),
  );
  return [
    ...checkNotEmpty(condition, path),
    ...lists,
    ...checkNested(memberOf(condition, 'not'), [...path, 'not'], inner, check),
    ...check(condition, path, inner),
  ];
}

function checkNotEmpty(condition: unknown, path: Path): Problem[] {
  if (entriesOf(condition).some(([, member]) => member !== undefined)) return [];
  const fix = 'state what must hold, or leave it out';
  return [{ path: formatPath(path), reason: 'is a condition without a member', fix }];
}

/**
 * A rule may not look at the runtime label, the decision annotation and the labels of sandbox nodes: they are what the rules decide, so a
 * rule that read them could match before the mutator has run and not after, or the other way round.
 */
function checkOwnKeys(pod: unknown, path: Path, labelKey: string): Problem[] {
  const own = {
    labels: [labelKey],
    annotations: [DECISION_ANNOTATION],
    nodeSelector: [KATA_NODE_LABEL, GVISOR_NODE_LABEL],
  };
  return Object.entries(own).flatMap(([member, keys]) =>
    entriesOf(memberOf(pod, member)).flatMap(([key, match]) => {
      const read = keys.filter((ownKey) => globMatches(key, ownKey));
      if (match === undefined || read.length === 0) return [];
      const reason = key.includes('*')
        ? `matches ${read.join(', ')}, set by the decision itself`
        : 'is set by the decision itself';
      const fix = key.includes('*')
        ? 'write a glob that does not match it'
        : 'remove it: the label is judged by its own rules';
      return [{ path: formatPath([...path, member, key]), reason, fix }];
    }),
  );
}

/** CONDITION_NEVER_HOLDS and CONDITION_ALWAYS_HOLDS: the smallest conditions of which the outcome is known without a pod. */
import type { Lint } from './codes';
import { alwaysHolds, neverHolds } from './implication';
import { formulaOf } from '../rules/formula';
import type { Condition } from '../model/runtime-policy';

/** A condition inside a rule, whole or in part. */
interface Part {
  readonly path: string;
  /** Some pod satisfies it, as a condition of pods. Of a container condition: of one container. */
  readonly some: Condition;
  /** Every pod satisfies it. Of a container condition: of each container. */
  readonly each: Condition;
  readonly parts: readonly Part[];
}

/** @param path of the condition in the policy, such as `rules[2].when` */
export function conditionLints(condition: Condition, path: string): readonly Lint[] {
  return partLints(partOf(condition, path));
}

/** Of a part whose own parts are sound: what is wrong inside makes what is around it wrong as well. */
function partLints({ path, some, each, parts }: Part): readonly Lint[] {
  const inside = parts.flatMap(partLints);
  if (inside.length > 0) return inside;
  if (neverHolds(formulaOf(some))) {
    return [
      {
        code: 'CONDITION_NEVER_HOLDS',
        path,
        reason: 'contradicts itself, so it never holds',
        fix: 'remove one of the members that exclude each other, or put them into any',
      },
    ];
  }
  if (alwaysHolds(formulaOf(each))) {
    return [
      {
        code: 'CONDITION_ALWAYS_HOLDS',
        path,
        reason: 'always holds',
        fix: 'remove it, or write the condition it was meant to be; for every pod use unlabelled or minimum',
      },
    ];
  }
  return [];
}

function partOf(condition: Condition, path: string): Part {
  const { all = [], any = [], not, container, everyContainer, pod } = condition;
  const parts = [
    ...all.map((member, index) => partOf(member, `${path}.all[${index}]`)),
    ...any.map((member, index) => partOf(member, `${path}.any[${index}]`)),
    ...(not === undefined ? [] : [partOf(not, `${path}.not`)]),
    ...(container === undefined ? [] : [containerPart(container, `${path}.container`)]),
    ...(everyContainer === undefined
      ? []
      : [containerPart(everyContainer, `${path}.everyContainer`)]),
    ...(pod === undefined
      ? []
      : [{ path: `${path}.pod`, some: { pod }, each: { pod }, parts: [] }]),
  ];
  return { path, some: condition, each: condition, parts };
}

function containerPart(container: NonNullable<Condition['container']>, path: string): Part {
  const { all = [], any = [], not } = container;
  const parts = [
    ...all.map((member, index) => containerPart(member, `${path}.all[${index}]`)),
    ...any.map((member, index) => containerPart(member, `${path}.any[${index}]`)),
    ...(not === undefined ? [] : [containerPart(not, `${path}.not`)]),
  ];
  return { path, some: { container }, each: { everyContainer: container }, parts };
}

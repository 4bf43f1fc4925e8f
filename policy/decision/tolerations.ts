/** Merging tolerations as the API server does (Kubernetes v1.36.3, pkg/util/tolerations/tolerations.go). */
import { entriesOf, memberOf, objectOf, stringOf } from '../../base/untrusted';

/**
 * `MergeTolerations`: of two tolerations where one covers the other, only that one stays. Those of `first` are not compared with each
 * other, so the cost is linear in them.
 *
 * @param first of an unvalidated pod
 * @param second of a RuntimeClass
 */
export function mergeTolerations(
  first: readonly unknown[],
  second: readonly unknown[],
): readonly unknown[] {
  const isCoveredBy = (one: unknown, others: readonly unknown[]) =>
    others.some((other) => !isSameToleration(other, one) && covers(other, one));
  const kept = first.filter((one) => !isCoveredBy(one, second));
  const added = second.filter(
    (one, index) =>
      !kept.some((other) => covers(other, one)) &&
      !isCoveredBy(one, second) &&
      !second.slice(0, index).some((other) => isSameToleration(other, one)),
  );
  return [...kept, ...added];
}

/** Whether two tolerations are equal in all fields. An empty string is the same as a missing field. */
export function isSameToleration(a: unknown, b: unknown): boolean {
  const fields = [...entriesOf(a), ...entriesOf(b)].map(([name]) => name);
  return (
    objectOf(a) !== undefined &&
    objectOf(b) !== undefined &&
    fields.every((name) => (memberOf(a, name) ?? '') === (memberOf(b, name) ?? ''))
  );
}

/** `isSuperset`: whether `wide` tolerates every taint that `one` tolerates. */
function covers(wide: unknown, one: unknown): boolean {
  if (isSameToleration(wide, one)) return true;
  return coversKey(wide, one) && coversEffect(wide, one) && coversValue(wide, one);
}

/** An empty key with `Exists` tolerates every key. */
function coversKey(wide: unknown, one: unknown): boolean {
  const key = text(wide, 'key');
  return text(one, 'key') === key || (key === '' && text(wide, 'operator') === 'Exists');
}

/** An empty effect tolerates every effect. */
function coversEffect(wide: unknown, one: unknown): boolean {
  const effect = text(wide, 'effect');
  if (effect === 'NoExecute' && secondsOf(one) > secondsOf(wide)) return false;
  return effect === '' || text(one, 'effect') === effect;
}

/** An empty operator means `Equal`, but only of the wider one. */
function coversValue(wide: unknown, one: unknown): boolean {
  const operator = text(wide, 'operator');
  if (operator === 'Exists') return true;
  return (
    (operator === '' || operator === 'Equal') &&
    text(one, 'operator') === 'Equal' &&
    text(one, 'value') === text(wide, 'value')
  );
}

const text = (toleration: unknown, field: string): string =>
  stringOf(memberOf(toleration, field)) ?? '';

/** Without `tolerationSeconds` a taint is tolerated for ever. */
function secondsOf(toleration: unknown): number {
  const seconds = memberOf(toleration, 'tolerationSeconds');
  return typeof seconds === 'number' ? seconds : Infinity;
}

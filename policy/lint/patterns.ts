/** Sets of strings as globs describe them: whether one contains another, whether two have nothing in common. */
import type { Atom } from '../rules/atoms';
import { globMatches } from '../../base/glob';

/** The literals between the stars; a single one is that string and no other. */
export type Pattern = readonly string[];

export const ANYTHING: Pattern = ['', ''];

export const patternOfGlob = (glob: string): Pattern => glob.split('*');

/** The literal of `contains` may have stars of its own. */
export function patternOf(atom: Extract<Atom, { kind: 'glob' | 'contains' }>): Pattern {
  return atom.kind === 'glob' ? patternOfGlob(atom.glob) : ['', atom.literal, ''];
}

/**
 * Whether every string of `inner` is one of `outer`. Exact: a character that `outer` does not write stands for whatever the stars of
 * `inner` match, and only a star of `outer` can match it.
 */
export function isWithin(inner: Pattern, outer: Pattern): boolean {
  const [star, wild] = unused(inner, outer);
  return globMatches(
    outer.map((literal) => literal.replaceAll('*', star)).join('*'),
    inner.map((literal) => literal.replaceAll('*', star)).join(wild),
  );
}

/** Two characters that neither pattern writes. */
function unused(inner: Pattern, outer: Pattern): readonly [string, string] {
  const used = new Set([...inner, ...outer].join(''));
  const found: string[] = [];
  for (let code = 1; found.length < 2; code++) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) found.push(character);
  }
  const [star = '', wild = ''] = found;
  return [star, wild];
}

/** Whether no string is in both. Sound, not complete: it compares how they begin and end. */
export function areDisjoint(one: Pattern, other: Pattern): boolean {
  if (one.length === 1) return !isWithin(one, other);
  if (other.length === 1) return !isWithin(other, one);
  const [begin, otherBegin] = [one[0] ?? '', other[0] ?? ''];
  const [end, otherEnd] = [one.at(-1) ?? '', other.at(-1) ?? ''];
  return (
    !(begin.startsWith(otherBegin) || otherBegin.startsWith(begin)) ||
    !(end.endsWith(otherEnd) || otherEnd.endsWith(end))
  );
}

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

/** Stands for whatever a star matches. */
const WILD = '\0';

/**
 * Whether every string of `inner` is one of `outer`: a character that `outer` does not write stands for what the stars of `inner`
 * match, so only a star of `outer` matches it. False too where `outer` writes that character or a literal star.
 */
export function isWithin(inner: Pattern, outer: Pattern): boolean {
  if (outer.some((literal) => literal.includes(WILD) || literal.includes('*'))) return false;
  return globMatches(outer.join('*'), inner.join(WILD));
}

/** Whether no string is in both. Sound, not complete: it compares how they begin and end. */
export function areDisjoint(one: Pattern, other: Pattern): boolean {
  if (one.length === 1) return isExcluded(one, other);
  if (other.length === 1) return isExcluded(other, one);
  const [begin, otherBegin] = [one[0] ?? '', other[0] ?? ''];
  const [end, otherEnd] = [one.at(-1) ?? '', other.at(-1) ?? ''];
  return (
    !(begin.startsWith(otherBegin) || otherBegin.startsWith(begin)) ||
    !(end.endsWith(otherEnd) || otherEnd.endsWith(end))
  );
}

/** Whether the one string of `exact`, which has no star, is not in the pattern. */
function isExcluded([text = '']: Pattern, pattern: Pattern): boolean {
  return pattern.some((literal) => literal.includes('*')) || !globMatches(pattern.join('*'), text);
}

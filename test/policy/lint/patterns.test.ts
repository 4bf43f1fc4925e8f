/** Sets of strings by glob: contained in each other, or with nothing in common. */
import * as fc from 'fast-check';
import { areDisjoint, isWithin, patternOf, patternOfGlob } from '../../../policy/lint/patterns';
import { globMatches } from '../../../base/glob';

const contains = (literal: string) => patternOf({ kind: 'contains', field: 'image', literal });

test.each([
  ['a', 'a*', true],
  ['a*', 'a', false],
  ['ab*', 'a*', true],
  ['a*b', '*', true],
  ['*ab*', '*b*', true],
  ['*b*', '*ab*', false],
  ['a*b', 'a*a*b', false],
  ['a*c*b', 'a*b', true],
])('%s is within %s: %s', (inner, outer, within) => {
  expect(isWithin(patternOfGlob(inner), patternOfGlob(outer))).toBe(within);
});

test.each([
  ['a', 'b', true],
  ['a', 'a*', false],
  ['a*', 'b*', true],
  ['a*', 'ab*', false],
  ['*a', '*b', true],
  ['a*', '*b', false],
])('%s and %s have nothing in common: %s', (one, other, disjoint) => {
  expect(areDisjoint(patternOfGlob(one), patternOfGlob(other))).toBe(disjoint);
});

test('the star and the zero byte of a literal stand for themselves', () => {
  expect(isWithin(contains('ab'), contains('a*b'))).toBe(false);
  expect(isWithin(patternOfGlob('a*b'), contains('\0'))).toBe(false);
  expect(areDisjoint(['a\0b'], contains('\0'))).toBe(false);
  expect(areDisjoint(['ab'], contains('*'))).toBe(true);
});

test('claims hold of every string', () => {
  const globs = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 5 });
  const strings = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 }));
  fc.assert(
    fc.property(globs, globs, strings, (one, other, texts) => {
      const [left, right] = [patternOfGlob(one), patternOfGlob(other)];
      const within = isWithin(left, right);
      const disjoint = areDisjoint(left, right);
      for (const text of texts.filter((candidate) => globMatches(one, candidate))) {
        if (within) expect(globMatches(other, text)).toBe(true);
        if (disjoint) expect(globMatches(other, text)).toBe(false);
      }
    }),
    { numRuns: 2_000 },
  );
});

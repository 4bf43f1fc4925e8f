import * as fc from 'fast-check';
import { globMatches, globToRegExpSource } from '../../base/glob';

test.each<[string, string, boolean]>([
  ['a', 'a', true],
  ['a', 'ab', false],
  ['*', '', true],
  ['*', 'a/b\nc', true],
  ['a*', 'a', true],
  ['a*', 'ba', false],
  ['*a', 'ba', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'a-c-b-c', true],
  ['a*b*c', 'a-c', false],
  ['a*bc*c', 'abc', false],
  ['**', 'x', true],
  ['team-?', 'team-1', false],
  ['a.c', 'abc', false],
  ['', '', true],
])('%j and %j: %s', (glob, text, matches) => {
  expect(globMatches(glob, text)).toBe(matches);
});

test('means the same as its regular expression', () => {
  const text = fc.stringMatching(/^[ab.\n]{0,8}$/);
  const glob = fc.stringMatching(/^[ab.*\\^$+?()[\]{}|]{0,6}$/);
  fc.assert(
    fc.property(glob, text, (pattern, value) => {
      expect(globMatches(pattern, value)).toBe(new RegExp(globToRegExpSource(pattern)).test(value));
    }),
    { numRuns: 5_000 },
  );
});

test('a hostile text costs its length and no more', () => {
  const start = process.cpuUsage();
  expect(globMatches(`*${'a*'.repeat(500)}b`, 'a'.repeat(3_000_000))).toBe(false);
  const { user, system } = process.cpuUsage(start);
  expect(user + system).toBeLessThan(500_000); // microseconds
});

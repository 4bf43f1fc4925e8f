import * as fc from 'fast-check';
import { compileLiterals } from '../../../../policy/rules/compiled/aho-corasick';

const found = (literals: readonly string[], text: string) =>
  compileLiterals(literals)(text)
    .map((index) => literals[index])
    .sort();

test.each<[string[], string, string[]]>([
  [[], 'abc', []],
  [['a'], '', []],
  [['he', 'she', 'his', 'hers'], 'ushers', ['he', 'hers', 'she']],
  [['a', 'aa', 'aaa'], 'aa', ['a', 'aa']],
  [['abcd', 'bc'], 'abce', ['bc']],
  [['abab'], 'abacabab', ['abab']],
  [['é', '\ud83d'], 'é😀', ['é', '\ud83d']],
])('of %j, in %j: %j', (literals, text, expected) => {
  expect(found(literals, text)).toEqual(expected);
});

test('finds what String.includes finds, each literal once, scan after scan', () => {
  const word = fc.stringMatching(/^[abc]{1,5}$/);
  const literals = fc.uniqueArray(word, { maxLength: 12 });
  fc.assert(
    fc.property(
      literals,
      fc.array(fc.stringMatching(/^[abcd]{0,20}$/), { maxLength: 3 }),
      (words, texts) => {
        const find = compileLiterals(words);
        for (const text of texts) {
          const expected = [...words.keys()].filter((index) => text.includes(words[index] ?? ''));
          expect([...find(text)].sort((a, b) => a - b)).toEqual(expected);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('literals inside each other do not make a scan slower than its text', () => {
  const find = compileLiterals(Array.from({ length: 1_000 }, (_, index) => 'a'.repeat(index + 1)));
  const start = process.cpuUsage();
  expect(find('a'.repeat(1_000_000))).toHaveLength(1_000);
  const { user, system } = process.cpuUsage(start);
  expect(user + system).toBeLessThan(1_000_000); // microseconds; following every chain would take a thousand times as long
});

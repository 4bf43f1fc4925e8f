import { paced } from '../../cli/output/pace';

function said(texts: readonly (readonly [seconds: number, text: string])[]): string[] {
  const lines: string[] = [];
  let now = 0;
  const say = paced(
    (text) => lines.push(text),
    () => now,
  );
  for (const [seconds, text] of texts) {
    now = seconds * 1000;
    say(text);
  }
  return lines;
}

test('a count is printed every five seconds', () => {
  const counts = Array.from({ length: 12 }, (_, i) => [i, `build: ${i} of 12`] as const);
  expect(said(counts)).toEqual(['build: 0 of 12', 'build: 5 of 12', 'build: 10 of 12']);
});

test('a new line is printed at once, an equal line only once', () => {
  expect(
    said([
      [0, 'start'],
      [1, 'start'],
      [1, 'wait'],
      [20, 'wait'],
      [21, 'start'],
    ]),
  ).toEqual(['start', 'wait', 'start']);
});

import fc from 'fast-check';
import { renderTable, wrap } from '../../cli/output/table';

test('columns are aligned, the last one is wrapped to the width', () => {
  const table = renderTable(
    [
      { title: 'A', cells: ['one', 'x'] },
      { title: 'B', cells: ['short', 'a text that is longer than the width'] },
    ],
    25,
  );
  expect(table).toBe(
    ['A    B', 'one  short', 'x    a text that is', '     longer than the', '     width', ''].join(
      '\n',
    ),
  );
});

test('a style sees the padded cell, so that colours do not move columns', () => {
  const style = (padded: string, cell: string) => `<${padded}|${cell}>`;
  const columns = [
    { title: 'AAA', cells: ['x'], style },
    { title: 'B', cells: ['y'] },
  ];
  expect(renderTable(columns, 80)).toBe('AAA  B\n<x  |x>  y\n');
});

test('law: wrapping loses no word and keeps to the width', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { maxLength: 20 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 40 }), (list, width) => {
      const lines = wrap(list.join(' '), width);
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(list.join(''));
    }),
  );
});

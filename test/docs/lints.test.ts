/** Holds the table of lints in docs/policy.md to the codes there are. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LINT_SUMMARIES } from '../../policy/lint/codes';

const DOCUMENT = join(__dirname, '../../docs/policy.md');
const BEGIN = '<!-- lints: written by `npm run docs` -->\n';
const END = '<!-- end of lints -->';

test('docs/policy.md lists every lint (`npm run docs` rewrites it)', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const from = document.indexOf(BEGIN) + BEGIN.length;
  const to = document.indexOf(END);
  expect(from).toBeGreaterThan(BEGIN.length);
  expect(to).toBeGreaterThanOrEqual(from);
  const rows = Object.entries(LINT_SUMMARIES).map(
    ([code, summary]) => `| \`${code}\` | ${summary} |`,
  );
  const table = ['', '| code | reported where |', '|---|---|', ...rows, '', ''].join('\n');
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(DOCUMENT, document.slice(0, from) + table + document.slice(to));
  else expect(document.slice(from, to)).toBe(table);
});

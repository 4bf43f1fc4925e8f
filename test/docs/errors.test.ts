import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CATALOGUE } from '../../base/errors';

const DOCUMENT = join(__dirname, '../../docs/errors.md');

function document(): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(
    ([code, { exit, summary }]) => `| \`${code}\` | ${exit} | ${summary} |`,
  );
  return [
    '# Error codes',
    '',
    'Every error names its code, and for each problem the place, the reason and the fix. Codes are stable.',
    '',
    '| code | exit code | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

test('docs/errors.md lists the catalogue (UPDATE_DOCS=1 rewrites it)', () => {
  if (process.env.UPDATE_DOCS === '1') writeFileSync(DOCUMENT, document());
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(document());
});

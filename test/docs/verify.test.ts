import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import config from '../../sandbox.config';
import { SANDBOX_ANNOTATION_PREFIXES } from '../../base/names';
import { CHECKS, trials } from '../../verify/steps';
import { PREFLIGHT } from '../../verify/steps/preflight';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/verify.md'), 'utf8');

/** First cells of the rows of a section's table. */
function rowsOf(section: string): string[] {
  const [, body = ''] = DOCUMENT.split(`## ${section}\n`);
  const table = body.split('\n## ')[0] ?? '';
  return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, id = '']) => id);
}

const generic = (id: string) =>
  id.replace(/^(label|proof)-.*/, '$1-RUNTIME').replace(/^rule-.*/, 'rule-SAMPLE');

test('docs/verify.md lists the read-only steps', () => {
  expect(rowsOf('Read-only steps')).toEqual([PREFLIGHT.id, ...CHECKS.map(({ id }) => id)]);
});

test('docs/verify.md lists the steps that create pods', () => {
  const ids = trials(config.policy).map(({ id }) => generic(id));
  expect(rowsOf('Steps that create pods')).toEqual([...new Set(ids)]);
});

test('docs/verify.md names the annotations', () => {
  for (const prefix of SANDBOX_ANNOTATION_PREFIXES) expect(DOCUMENT).toContain(`\`${prefix}\``);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSALS, statusBody } from '../../webhook-src/server/refusals';
import { STRUCTURE_CAPS } from '../../webhook-src/server/structure';

it('the table of refusals in README.md is the one the server answers by', () => {
  const text = readFileSync(join(__dirname, '../../webhook-src/README.md'), 'utf8');
  const rows = text.split('\n').flatMap((line) => {
    const [, code, status, message] = /^\| `(\w+)`\s+\| (\d{3})\s+\| (.*?)\s*\|/.exec(line) ?? [];
    return code === undefined ? [] : [[code, { status: Number(status), message }]];
  });
  const answered = Object.entries(REFUSALS).map(([code, { status, message }]) => [
    code,
    { status, message },
  ]);
  expect(rows).toEqual(answered);
});

it('messages name the caps that hold', () => {
  expect(REFUSALS.too_deep.message).toContain(`${STRUCTURE_CAPS.depth} levels`);
  expect(REFUSALS.too_many_keys.message).toContain(`${STRUCTURE_CAPS.keys} members`);
  expect(REFUSALS.too_many_values.message).toContain(`${STRUCTURE_CAPS.values} values`);
});

it('a refusal is a metav1.Status, with the detail after the message', () => {
  expect(JSON.parse(statusBody('not_a_review', 'no uid'))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'BadRequest',
    message: 'the body is not an AdmissionReview that can be answered: no uid',
    code: 400,
  });
});

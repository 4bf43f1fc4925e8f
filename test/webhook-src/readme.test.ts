import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSALS, statusBody } from '../../webhook-src/server/refusals';
import { BODY_CAP_BYTES, MEMORY_LIMIT, MEMORY_PARTS } from '../../webhook-src/server/memory';
import { COST_CAP, DEPTH_CAP } from '../../webhook-src/server/structure';

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
  expect(REFUSALS.too_deep.message).toContain(`${DEPTH_CAP} levels`);
  expect(REFUSALS.too_costly.message).toContain(`${COST_CAP} units`);
  expect(REFUSALS.body_too_large.message).toContain(`${BODY_CAP_BYTES / 2 ** 20} MiB`);
});

it('the memory of README.md is the sum the code enforces', () => {
  const text = readFileSync(join(__dirname, '../../webhook-src/README.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\w+)\s+\| +(\d+) MiB +\|/gm)].map(([, part, mib]) => [
    part,
    Number(mib),
  ]);
  expect(rows).toEqual(
    Object.entries(MEMORY_PARTS).map(([part, bytes]) => [part, Math.round(bytes / 2 ** 20)]),
  );
  expect(text).toContain(`\`${MEMORY_LIMIT}\``);
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

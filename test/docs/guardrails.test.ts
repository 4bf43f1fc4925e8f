/** Holds the table of guardrails in docs/policy.md to the model. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { guardrailsSchema } from '../../policy/model/guardrails-schema';
import { GUARDRAIL_ROWS, type GuardrailRow } from './guardrail-rows';

const DOCUMENT = join(__dirname, '../../docs/policy.md');
const BEGIN = '<!-- guardrails: written by `npm run docs` -->\n';
const END = '<!-- end of guardrails -->';

const ROWS = Object.entries(GUARDRAIL_ROWS) as [string, GuardrailRow<string | object>][];

/** As a user writes it, without the default of `otherwise`. */
function written(value: string | object): string {
  const shown = typeof value === 'string' ? value : { ...value, otherwise: undefined };
  return inspect(JSON.parse(JSON.stringify(shown)), { breakLength: Infinity })
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']');
}

const rows = ROWS.flatMap(([name, { closedFor, openings }]) =>
  openings.map(({ value, opens }, index) => {
    const first = index === 0 ? [`\`${name}\``, closedFor] : ['', ''];
    return `| ${[...first, `\`${written(value)}\``, opens].join(' | ')} |`;
  }),
);

test('docs/policy.md lists every guardrail (`npm run docs` rewrites it)', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const from = document.indexOf(BEGIN) + BEGIN.length;
  const to = document.indexOf(END);
  expect(from).toBeGreaterThan(BEGIN.length);
  expect(to).toBeGreaterThanOrEqual(from);
  const head = ['| guardrail | closed for | opened by | which opens |', '|---|---|---|---|'];
  const table = ['', ...head, ...rows, '', ''].join('\n');
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(DOCUMENT, document.slice(0, from) + table + document.slice(to));
  else expect(document.slice(from, to)).toBe(table);
});

test('the guardrails are those of the model, and it takes what opens each', () => {
  expect(ROWS.map(([name]) => name)).toEqual(Object.keys(guardrailsSchema.shape));
  for (const [name, { openings }] of ROWS)
    for (const { value } of openings)
      expect(guardrailsSchema.parse({ [name]: value })).toEqual({ [name]: value });
});

/** Holds the tables of docs/policy.md to the policy: conditions, selection, denials. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { MIRROR_ANNOTATION, RUNTIME_LABEL } from '../../base/names';
import { valueAt } from '../../kubernetes/object';
import { createDecider } from '../../policy/decision/decide';
import { DENIAL_MESSAGES } from '../../policy/decision/messages';
import { definePolicy } from '../../policy/model/define';
import { conditionSchema } from '../../policy/model/condition-schema';
import type { Condition } from '../../policy/model/runtime-policy';
import { compileMatcher } from '../../policy/rules/compiled/compile';
import { CONDITION_ROWS } from './condition-rows';

const PATH = join(__dirname, '../../docs/policy.md');
const DOCUMENT = readFileSync(PATH, 'utf8');

/** Cells of the rows of a section's table. */
function rowsOf(section: string): string[][] {
  const [, body = ''] = DOCUMENT.split(`## ${section}\n`);
  const table = body.split('\n## ')[0] ?? '';
  const [, , ...rows] = table.match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) => row.slice(2, -2).split(' | '));
}

test('lists every denial with its message', () => {
  const rows = rowsOf('When a pod is refused');
  expect(rows.map(([code, , message]) => [code, message])).toEqual(
    Object.entries(DENIAL_MESSAGES).map(([code, message]) => [`\`${code}\``, `\`${message}\``]),
  );
});

const BEGIN = '<!-- conditions: written by `npm run docs` -->\n';
const END = '<!-- end -->';

function conditionTable(): string {
  const rows = [...CONDITION_ROWS].map(
    ([member, { holds, example }]) => `| \`${member}\` | ${holds} | \`${written(example)}\` |`,
  );
  return ['| member | holds when, or compares | example |', '|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

/** As a user writes it. */
const written = (example: Condition): string =>
  inspect(example, { depth: null, compact: true, breakLength: Infinity })
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']');

test('lists every member of a condition with an example (`npm run docs` rewrites it)', () => {
  const from = DOCUMENT.indexOf(BEGIN) + BEGIN.length;
  const to = DOCUMENT.indexOf(END, from);
  expect(from).toBeGreaterThan(BEGIN.length);
  expect(to).toBeGreaterThanOrEqual(from);
  if (process.env['UPDATE_DOCS'] === '1')
    writeFileSync(PATH, DOCUMENT.slice(0, from) + conditionTable() + DOCUMENT.slice(to));
  else expect(DOCUMENT.slice(from, to)).toBe(conditionTable());
});

test('the members are those of the model', () => {
  const { container, pod, ...combining } = conditionSchema.shape;
  const { image, securityContext, ...inContainer } = container.unwrap().shape;
  const { resourceClaims, ...inPod } = pod.unwrap().shape;
  const under = (prefix: string, shape: object) =>
    Object.keys(shape).map((member) => `${prefix}${member}`);
  const members = [
    ...under('', combining),
    'container',
    ...under('container.', inContainer).filter((member) => !/\.(all|any|not)$/.test(member)),
    ...under('container.image.', image.unwrap().shape),
    ...under('container.securityContext.', securityContext.unwrap().shape),
    ...under('pod.', inPod),
    ...under('pod.resourceClaims.', resourceClaims.unwrap().shape),
  ];
  expect([...CONDITION_ROWS.keys()].sort()).toEqual(members.sort());
});

test.each([...CONDITION_ROWS])(
  'the example of %s is a condition that asks for it',
  (member, row) => {
    const { rules } = definePolicy({
      runtimes: [{ name: 'kata', runtimeClassName: 'kata', handler: 'kata' }],
      rules: [{ name: 'example', when: row.example, runtime: 'kata' }],
    });
    const path = member.split('.');
    const inEvery = path.map((name) => (name === 'container' ? 'everyContainer' : name));
    const when = rules[0]?.when;
    expect(valueAt(when, ...path) ?? valueAt(when, ...inEvery)).toBeDefined();
  },
);

const policy = definePolicy({
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata', handler: 'kata' },
  ],
  rules: [
    { name: 'torch', when: { container: { image: { contains: 'torch' } } }, runtime: 'kata' },
    { name: 'small', when: { container: { image: { contains: 'small' } } }, runtime: 'gvisor' },
    { name: 'agent', when: { pod: { serviceAccountName: 'agent' } }, exempt: 'sees its node' },
    { name: 'miner', when: { container: { image: { contains: 'miner' } } }, deny: 'it mines' },
  ],
  required: [{ namespaces: ['team'], container: 'model', runtime: 'kata' }],
  minimum: [{ namespaces: ['strict'], runtime: 'kata' }],
  unlabelled: { assign: 'gvisor' },
});

interface Shape {
  readonly label?: string;
  readonly runtimeClassName?: string;
  readonly image?: string;
  readonly container?: string;
  readonly serviceAccountName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** @default team, which has no minimum */
  readonly namespace?: string;
}

const decider = createDecider(policy, compileMatcher(policy));

/** The runtime and where it comes from, or the codes of the refusal. */
function outcome({ label, image = 'x', container = 'c', namespace = 'team', ...of }: Shape) {
  const { annotations, ...spec } = of;
  const labels = label === undefined ? {} : { [RUNTIME_LABEL]: label };
  const pod = {
    metadata: { name: 'p', labels, ...(annotations && { annotations }) },
    spec: { ...spec, containers: [{ name: container, image }] },
  };
  const { selection, denials } = decider.decide(pod, { namespace });
  return {
    chosen: `${selection.runtime?.name ?? 'nothing'} by ${selection.source}`,
    refused: denials.map(({ code }) => code),
  };
}

/** Pods for each row of the selection table, in order, with what is chosen for them. */
const PODS: readonly (readonly (Shape & { readonly chosen: string })[])[] = [
  [
    { annotations: { [MIRROR_ANNOTATION]: 'a' }, chosen: 'nothing by mirror' },
    { serviceAccountName: 'agent', chosen: 'nothing by exempt' },
  ],
  [{ label: 'gvisor', chosen: 'gvisor by label' }],
  [{ label: '', chosen: 'nothing by none' }],
  [{ runtimeClassName: 'runc', chosen: 'nothing by none' }],
  [{ runtimeClassName: 'gvisor', chosen: 'gvisor by class' }],
  [
    { runtimeClassName: 'gvisor', namespace: 'strict', chosen: 'nothing by none' },
    { runtimeClassName: 'gvisor', image: 'torch', chosen: 'nothing by none' },
  ],
  [
    { image: 'torch', chosen: 'kata by rule' },
    { image: 'small', chosen: 'gvisor by rule' },
    { image: 'small', namespace: 'strict', chosen: 'kata by rule' },
  ],
  [{ container: 'model', chosen: 'nothing by none' }],
  [{ chosen: 'gvisor by default' }, { namespace: 'strict', chosen: 'kata by default' }],
];

const ROWS = rowsOf('Which runtime a pod gets').map(([number, state, chosen = '']) => ({
  number,
  state,
  chosen,
}));

test.each(ROWS)('row $number of the selection: $state', ({ number, chosen: cell }) => {
  const pods = PODS[Number(number)] ?? [];
  const outcomes = pods.map((pod) => outcome(pod));
  expect(outcomes.map(({ chosen }) => chosen)).toEqual(pods.map(({ chosen }) => chosen));
  const named = (pattern: RegExp) => [...cell.matchAll(pattern)].map(([name]) => name).sort();
  const sources = outcomes.map(({ chosen }) => chosen.replace(/^.* by /, ''));
  const chosenBy = [...new Set(sources.filter((source) => source !== 'none'))].sort();
  expect(named(/(?<=`)(?:label|class|rule|default|mirror|exempt)(?=`)/g)).toEqual(chosenBy);
  const codes = new Set(outcomes.flatMap(({ refused }) => refused));
  expect(named(/(?<=`)[A-Z_]+(?=`)/g)).toEqual([...codes].sort());
});

test('the selection has a row for each example', () => {
  expect(ROWS.map(({ number }) => number)).toEqual(PODS.map((_, index) => String(index)));
});

test('a deny rule wins over an exempt one, and changes nothing else that is chosen', () => {
  expect(outcome({ image: 'miner', serviceAccountName: 'agent' })).toEqual({
    chosen: 'gvisor by default',
    refused: ['DENIED'],
  });
});

test('an exempt rule has no say about a pod with a label', () => {
  expect(outcome({ label: 'kata', serviceAccountName: 'agent' })).toEqual({
    chosen: 'kata by label',
    refused: [],
  });
});

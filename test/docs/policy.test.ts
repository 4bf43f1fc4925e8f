/** Holds the tables of docs/policy.md to the policy: conditions, selection, denials. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIME_LABEL } from '../../base/names';
import { createDecider } from '../../policy/decision/decide';
import { DENIAL_MESSAGES } from '../../policy/decision/messages';
import { definePolicy } from '../../policy/model/define';
import { conditionSchema } from '../../policy/model/condition-schema';
import { compileMatcher } from '../../policy/rules/compiled/compile';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/policy.md'), 'utf8');

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

test('lists every member of a condition', () => {
  const { shape } = conditionSchema;
  const members = [
    ...['all', 'any', 'not'],
    ...Object.keys(shape.container.unwrap().shape).map((name) => `container.${name}`),
    ...Object.keys(shape.pod.unwrap().shape).map((name) => `pod.${name}`),
  ];
  expect(Object.keys(shape).sort()).toEqual(['all', 'any', 'container', 'not', 'pod']);
  const listed = new Set(
    rowsOf('Conditions').flatMap(([cell = '']) => {
      const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      const prefix = /^(container|pod)\./.exec(names[0] ?? '')?.[0] ?? '';
      return names.map((name) => (name.startsWith(prefix) ? name : `${prefix}${name}`));
    }),
  );
  const missing = members.filter(
    (member) => !listed.has(member) && ![...listed].some((name) => name.startsWith(`${member}.`)),
  );
  expect(missing).toEqual([]);
});

const policy = definePolicy({
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata', handler: 'kata' },
  ],
  rules: [
    { name: 'torch', when: { container: { image: { contains: 'torch' } } }, runtime: 'kata' },
  ],
  required: [{ namespaces: ['team'], container: 'model', runtime: 'kata' }],
});

interface Shape {
  readonly label?: string;
  readonly runtimeClassName?: string;
  readonly image?: string;
  readonly container?: string;
}

/** A pod for each row of the selection table, in order. */
const PODS: readonly Shape[] = [
  { label: 'gvisor' },
  { label: '' },
  { runtimeClassName: 'runc' },
  { runtimeClassName: 'gvisor' },
  { runtimeClassName: 'gvisor', image: 'torch' },
  { image: 'torch' },
  { container: 'model' },
  {},
];

test.each(
  rowsOf('Which runtime a pod gets').map(([number, state, chosen = '']) => ({
    number,
    state,
    chosen,
  })),
)('row $number of the selection: $state', ({ number, chosen }) => {
  const { label, runtimeClassName, image = 'x', container = 'c' } = PODS[Number(number) - 1] ?? {};
  const pod = {
    metadata: { name: 'p', ...(label !== undefined && { labels: { [RUNTIME_LABEL]: label } }) },
    spec: { runtimeClassName, containers: [{ name: container, image }] },
  };
  const decider = createDecider(policy, compileMatcher(policy));
  const { selection, denials } = decider.decide(pod, { namespace: 'team' });
  const source = /source `(\w+)`/.exec(chosen)?.[1];
  const refused = /refused with `(\w+)`/.exec(chosen)?.[1];
  expect(selection.source).toBe(source ?? 'none');
  expect(denials[0]?.code).toBe(refused);
});

test('the selection has a row for each example', () => {
  expect(rowsOf('Which runtime a pod gets')).toHaveLength(PODS.length);
});

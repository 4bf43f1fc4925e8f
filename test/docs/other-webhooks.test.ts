/** Holds the table of docs/policy.md on other webhooks to the decisions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNTIME_LABEL } from '../../base/names';
import { createDecider } from '../../policy/decision/decide';
import { definePolicy } from '../../policy/model/define';
import type { RuntimeClass } from '../../policy/model/runtime-class';
import { referenceMatcher } from '../../policy/rules/match';
import { admit, type Pod, type Webhook } from '../policy/decision/api-server';

const policy = definePolicy({
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor-class', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata-class', handler: 'kata' },
  ],
  rules: [
    { name: 'small', when: { container: { image: { contains: 'small' } } }, runtime: 'gvisor' },
  ],
});
const classes: readonly RuntimeClass[] = policy.runtimes.map(({ runtimeClassName: name }) => ({
  name,
  overhead: { memory: '1Mi' },
  nodeSelector: { [name]: 'true' },
  tolerations: [],
}));
const decider = createDecider(policy, referenceMatcher(policy), classes);

const injects: Webhook = ({ spec, ...pod }) => ({
  ...pod,
  spec: { ...spec, containers: [{ image: 'app' }, { image: 'small' }] },
});
const labels =
  (label: string): Webhook =>
  ({ metadata, ...pod }) => ({
    ...pod,
    metadata: { ...metadata, labels: { ...metadata?.labels, [RUNTIME_LABEL]: label } },
  });
const classify =
  (runtimeClassName: string): Webhook =>
  ({ spec, ...pod }) => ({ ...pod, spec: { ...spec, runtimeClassName } });

const SILENT: Pod = { spec: { containers: [{ image: 'app' }] } };

/** In the order of the rows. */
const CASES: readonly (readonly [Pod, Webhook, string])[] = [
  [SILENT, injects, 'gvisor gvisor-class by rule'],
  [labels('kata')(SILENT), injects, 'RULE_VIOLATED'],
  [SILENT, labels('gvisor'), 'gvisor gvisor-class by label'],
  [SILENT, classify('gvisor-class'), 'gvisor gvisor-class by class'],
  [SILENT, labels('runc'), 'UNKNOWN_RUNTIME'],
];

const DOCUMENT = readFileSync(join(__dirname, '../../docs/policy.md'), 'utf8');
const [, section = ''] = DOCUMENT.split('## Other webhooks\n');
const [, , ...rows] = (section.split('\n## ')[0] ?? '').match(/^\|.*\|$/gm) ?? [];

function outcome(created: Pod, other: Webhook): string {
  const { pod, denials } = admit(decider, classes, created, other);
  if (denials.length > 0) return denials.map(({ code }) => code).join(' ');
  const { labels: stored = {}, annotations = {} } = pod?.metadata ?? {};
  const { source } = JSON.parse(annotations['secure-ai.io/decision'] ?? '{}') as {
    source?: string;
  };
  return `${stored[RUNTIME_LABEL]} ${pod?.spec?.runtimeClassName} by ${source}`;
}

test('the table has a row for each case', () => {
  expect(rows).toHaveLength(CASES.length);
});

test.each(rows.map((row, index) => [row, ...(CASES[index] ?? [SILENT, injects, ''])] as const))(
  '%s',
  (_row, created, other, expected) => {
    expect(outcome(created, other)).toBe(expected);
  },
);

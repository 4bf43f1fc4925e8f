/** Lints about what rules, requirements, minimums and runtimes do together. */
import { definePolicy } from '../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { lintPolicy } from '../../../policy/lint/lint';
import { KATA_HANDLER } from '../fixtures';

type Rule = NonNullable<RuntimePolicyInput['rules']>[number];
type When = Rule['when'];

const GVISOR = { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' };
const KATA = { name: 'kata', runtimeClassName: 'kata', handler: KATA_HANDLER };

/** `CODE path` of each lint. */
function lintsOf(policy: Partial<RuntimePolicyInput>): string[] {
  const defined = definePolicy({ runtimes: [GVISOR, KATA], ...policy });
  return lintPolicy(defined).map(({ code, path }) => `${code} ${path}`);
}

type Effect = Omit<Rule, 'name' | 'when'>;

const ofRules = (...rules: [When, Effect][]) =>
  lintsOf({ rules: rules.map(([when, effect], i) => ({ name: `rule-${i}`, when, ...effect })) });

const torch: When = { container: { image: { contains: 'torch' } } };
const pytorch: When = { container: { image: { contains: 'pytorch' } } };
const prod: When = { pod: { namespace: 'prod' } };
const deny = { deny: 'no' };
const exempt = { exempt: 'the cluster needs it' };
const kata = { runtime: 'kata' };
const gvisor = { runtime: 'gvisor' };

const SHADOWED: [string, [When, Effect][], string[]][] = [
  [
    'a narrower rule for the weaker runtime',
    [
      [pytorch, gvisor],
      [torch, kata],
    ],
    ['RULE_SHADOWED rules[0]'],
  ],
  [
    'a narrower rule for the same runtime',
    [
      [torch, kata],
      [pytorch, kata],
    ],
    ['RULE_SHADOWED rules[1]'],
  ],
  [
    'the later of two equal rules',
    [
      [torch, kata],
      [torch, kata],
    ],
    ['RULE_SHADOWED rules[1]'],
  ],
  [
    'a runtime for what is refused',
    [
      [pytorch, kata],
      [torch, deny],
    ],
    ['RULE_SHADOWED rules[0]'],
  ],
  [
    'an exemption of what is refused',
    [
      [{ all: [prod, pytorch] }, exempt],
      [torch, deny],
    ],
    ['RULE_SHADOWED rules[0]'],
  ],
  [
    'an exemption of what is exempt',
    [
      [{ all: [prod, torch] }, exempt],
      [prod, exempt],
    ],
    ['RULE_SHADOWED rules[0]'],
  ],
  [
    'exactly, beside atLeast',
    [
      [torch, { ...kata, enforce: 'atLeast' }],
      [pytorch, kata],
    ],
    [],
  ],
  [
    'atLeast, beside exactly',
    [
      [torch, kata],
      [pytorch, { ...kata, enforce: 'atLeast' }],
    ],
    ['RULE_SHADOWED rules[1]'],
  ],
  [
    'a narrower rule for the stronger runtime',
    [
      [pytorch, kata],
      [torch, gvisor],
    ],
    [],
  ],
  [
    'a runtime for labelled pods of what is exempt',
    [
      [{ all: [prod, torch] }, kata],
      [prod, exempt],
    ],
    [],
  ],
  [
    'two refusals, each with its reason',
    [
      [torch, deny],
      [pytorch, deny],
    ],
    [],
  ],
  [
    'rules for different images',
    [
      [torch, gvisor],
      [{ container: { image: { contains: 'scikit' } } }, kata],
    ],
    [],
  ],
  [
    'another container',
    [
      [{ container: { name: 'a' }, everyContainer: { image: { contains: 'x' } } }, gvisor],
      [{ container: { name: 'a', image: { contains: 'x' } } }, kata],
    ],
    ['RULE_SHADOWED rules[0]'],
  ],
  [
    'a bound beyond the other',
    [
      [{ pod: { requests: { cpu: { gt: '8' } } } }, gvisor],
      [{ pod: { requests: { cpu: { gte: '4' } } } }, kata],
    ],
    ['RULE_SHADOWED rules[0]'],
  ],
  [
    'equal conditions, exactly each',
    [
      [torch, kata],
      [torch, gvisor],
    ],
    ['RULES_CONTRADICT rules[1]'],
  ],
  [
    'conditions that mean the same, exactly each',
    [
      [{ not: { pod: { hostIPC: false } } }, gvisor],
      [{ pod: { hostIPC: true } }, kata],
    ],
    ['RULES_CONTRADICT rules[0]'],
  ],
  [
    'equal conditions, one lenient',
    [
      [torch, kata],
      [torch, { ...gvisor, enforce: 'atLeast' }],
    ],
    ['RULE_SHADOWED rules[1]'],
  ],
];

test.each(SHADOWED)('compared rules: %s', (_title, rules, expected) => {
  expect(ofRules(...rules)).toEqual(expected);
});

test('a rule on trial shadows none that is enforced', () => {
  const trial = { enforcement: 'warn' } as const;
  expect(ofRules([pytorch, gvisor], [torch, { ...kata, ...trial }])).toEqual([]);
  expect(ofRules([torch, kata], [torch, { ...gvisor, ...trial }])).toEqual([
    'RULES_CONTRADICT rules[1]',
  ]);
  expect(ofRules([pytorch, { ...kata, ...trial }], [torch, { ...deny, ...trial }])).toEqual([
    'RULE_SHADOWED rules[0]',
  ]);
});

test('of many rules those that are written alike are compared, in time linear in them', () => {
  const rules = Array.from({ length: 5_000 }, (_, i) => ({
    name: `rule-${i}`,
    when: { container: { image: { contains: `team-${i % 4_999}-model` } } },
    runtime: 'kata',
  }));
  expect(lintsOf({ rules })).toEqual(['RULE_SHADOWED rules[4999]']);
});

const minimum = [{ namespaces: ['prod', 'stage'], runtime: 'kata' }];
const ofMinimum = (when: When, effect: Effect) =>
  lintsOf({ minimum, rules: [{ name: 'rule', when, ...effect }] });
const anyOf = (...namespaces: string[]): When => ({
  any: namespaces.map((namespace) => ({ pod: { namespace } })),
});

test('RULES_CONTRADICT: a rule for exactly less than the minimum wherever it matches', () => {
  const contradiction = ['RULES_CONTRADICT rules[0].runtime'];
  expect(ofMinimum(prod, gvisor)).toEqual(contradiction);
  expect(ofMinimum({ all: [anyOf('prod', 'stage'), torch] }, gvisor)).toEqual(contradiction);
  expect(ofMinimum(anyOf('prod', 'lab'), gvisor)).toEqual([]);
  expect(ofMinimum({ pod: { namespace: 'prod*' } }, gvisor)).toEqual([]);
  expect(ofMinimum(prod, { ...gvisor, enforce: 'atLeast' })).toEqual([]);
  expect(ofMinimum(prod, kata)).toEqual([]);
  expect(ofMinimum(prod, { ...gvisor, enforcement: 'audit' })).toEqual(contradiction);
  const trial = minimum.map((members) => ({ ...members, enforcement: 'warn' as const }));
  expect(lintsOf({ minimum: trial, rules: [{ name: 'rule', when: prod, ...gvisor }] })).toEqual([]);
});

type Requirement = NonNullable<RuntimePolicyInput['required']>[number];
const require = (members: Partial<Requirement>): Requirement => ({
  namespaces: ['prod'],
  container: 'model',
  runtime: 'gvisor',
  enforce: 'exactly',
  ...members,
});

test('RULES_CONTRADICT: a requirement for exactly less than the minimum of a namespace', () => {
  const ofRequirement = (members: Partial<Requirement>) =>
    lintsOf({ minimum, required: [require(members)] });
  expect(ofRequirement({ namespaces: ['lab', 'prod'] })).toEqual([
    'RULES_CONTRADICT required[0].runtime',
  ]);
  expect(ofRequirement({ namespaces: ['lab'] })).toEqual([]);
  expect(ofRequirement({ enforce: 'atLeast' })).toEqual([]);
  expect(ofRequirement({ enforce: 'present' })).toEqual([]);
  expect(ofRequirement({ runtime: 'kata' })).toEqual([]);
});

test('RULES_CONTRADICT: requirements that no runtime meets together', () => {
  const ofBoth = (one: Partial<Requirement>, other: Partial<Requirement>) =>
    lintsOf({ required: [require(one), require(other)] });
  expect(ofBoth({}, { runtime: 'kata' })).toEqual(['RULES_CONTRADICT required[1]']);
  expect(ofBoth({ runtime: 'kata', enforce: 'atLeast' }, {})).toEqual([
    'RULES_CONTRADICT required[1]',
  ]);
  expect(ofBoth({ runtime: 'kata' }, { enforce: 'atLeast' })).toEqual([]);
  expect(ofBoth({}, { runtime: 'kata', enforce: 'present' })).toEqual([]);
  expect(ofBoth({}, { runtime: 'kata', container: 'other' })).toEqual([]);
  expect(ofBoth({}, { runtime: 'kata', namespaces: ['lab'] })).toEqual([]);
});

test('NOT_AROUND_CONTAINER: containers inside an odd number of negations', () => {
  const lint = (path: string) => [`NOT_AROUND_CONTAINER rules[0].when.${path}`];
  expect(ofRules([{ not: torch }, kata])).toEqual(lint('not.container'));
  expect(ofRules([{ not: torch }, deny])).toEqual(lint('not.container'));
  expect(ofRules([{ not: { any: [prod, torch] } }, kata])).toEqual(lint('not.any[1].container'));
  expect(ofRules([{ not: { not: torch } }, kata])).toEqual([]);
  expect(ofRules([{ container: { not: { name: 'a' } } }, kata])).toEqual([]);
  expect(ofRules([{ everyContainer: { not: { name: 'a' } } }, kata])).toEqual([]);
  // One more container ends the exemption, which errs on the safe side.
  expect(ofRules([{ all: [prod, { not: torch }] }, exempt])).toEqual([]);
});

test('BLIND_TO_POD_TOTALS: resources of one container, where the pod is not asked', () => {
  const cpu = { cpu: { gt: '4' } };
  const gpu = (match: object) => ({ requests: { 'nvidia.com/gpu': match } });
  const lint = (path: string) => [`BLIND_TO_POD_TOTALS rules[0].when.container.${path}`];
  expect(ofRules([{ container: { requests: cpu } }, kata])).toEqual(lint('requests.cpu'));
  expect(ofRules([{ container: { limits: cpu } }, kata])).toEqual(lint('limits.cpu'));
  expect(ofRules([{ container: gpu({ gt: '4' }) }, kata])).toEqual(
    lint('requests["nvidia.com/gpu"]'),
  );
  expect(ofRules([{ container: { requests: { 'nvidia.com/*': { gt: '4' } } } }, kata])).toEqual(
    lint('requests["nvidia.com/*"]'),
  );
  // Whether there is any is the same question of the pod.
  expect(ofRules([{ container: gpu({ gt: '0' }) }, kata])).toEqual([]);
  expect(ofRules([{ container: gpu({ gte: '1' }) }, kata])).toEqual([]);
  expect(ofRules([{ container: gpu({ exists: true }) }, kata])).toEqual([]);
  expect(ofRules([{ container: { requests: cpu } }, deny])).toEqual([]);
  expect(ofRules([{ everyContainer: { requests: cpu } }, kata])).toEqual([]);
  expect(ofRules([{ ...torch, pod: { requests: cpu } }, kata])).toEqual([]);
  expect(
    ofRules([{ any: [{ container: { requests: cpu } }, { pod: { limits: cpu } }] }, kata]),
  ).toEqual([]);
});

test.each(['runc', 'crun', 'youki', 'runhcs'])('HANDLER_IS_NO_SANDBOX: %s', (handler) => {
  expect(lintsOf({ runtimes: [{ ...GVISOR, handler }, KATA] })).toEqual([
    'HANDLER_IS_NO_SANDBOX runtimes[0].handler',
  ]);
});

test('EXEMPTION_BY_AUTHOR: exemptions that ask only for what an author writes', () => {
  const lint = ['EXEMPTION_BY_AUTHOR rules[0].when'];
  const labelled: When = { pod: { labels: { team: 'infra' } } };
  expect(ofRules([labelled, exempt])).toEqual(lint);
  expect(ofRules([{ pod: { annotations: { 'team/*': { exists: true } } } }, exempt])).toEqual(lint);
  expect(ofRules([torch, exempt])).toEqual(lint);
  expect(ofRules([{ everyContainer: { image: { registry: 'ghcr.io' } } }, exempt])).toEqual(lint);
  expect(ofRules([{ container: { name: 'agent' } }, exempt])).toEqual(lint);
  // One way in is enough.
  expect(ofRules([{ any: [prod, labelled] }, exempt])).toEqual(lint);
  // Every namespace has this ServiceAccount.
  expect(ofRules([{ pod: { serviceAccountName: 'default' } }, exempt])).toEqual(lint);
  expect(ofRules([{ pod: { serviceAccountName: 'node-agent' } }, exempt])).toEqual([]);
  expect(ofRules([prod, exempt])).toEqual([]);
  expect(ofRules([{ all: [prod, labelled] }, exempt])).toEqual([]);
  expect(ofRules([{ pod: { hostNetwork: true } }, exempt])).toEqual([]);
  expect(ofRules([labelled, deny])).toEqual([]);
});

test('a lint says what is wrong and what to do', () => {
  const [lint] = lintPolicy(
    definePolicy({ runtimes: [KATA], rules: [{ name: 'rule', when: { not: torch }, ...kata }] }),
  );
  expect(lint).toEqual({
    code: 'NOT_AROUND_CONTAINER',
    path: 'rules[0].when.not.container',
    reason:
      'is negated: no container may be so, and one more container that is switches the rule off',
    fix: 'write container: { not: … } for "some container is not", or everyContainer: { not: … } for "no container is"',
  });
});

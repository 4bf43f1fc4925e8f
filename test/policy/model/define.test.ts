import { definePolicy, parsePolicy } from '../../../policy/model/define';
import type { SandboxError } from '../../../base/errors';
import { policyHash } from '../../../policy/model/policy-hash';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { EXAMPLE, examplePolicy } from '../fixtures';

const when = { container: { name: 'a' } };
const rule = (name: string, members: object = {}) => ({ name, when, runtime: 'kata', ...members });

function problemsOf(change: object): readonly string[] {
  try {
    parsePolicy({ ...EXAMPLE, ...change });
  } catch (error) {
    const { code, problems } = error as SandboxError;
    expect(code).toBe('POLICY_INVALID');
    for (const { reason, fix } of problems) expect(reason.length * fix.length).toBeGreaterThan(0);
    return problems.map(({ path }) => path);
  }
  return [];
}

test('fills in every default', () => {
  const minimal = definePolicy({ runtimes: EXAMPLE.runtimes, rules: [rule('big_model')] });
  expect(minimal).toEqual({
    labelKey: 'secure-ai.io/runtime',
    runtimes: EXAMPLE.runtimes,
    rules: [{ name: 'big_model', title: 'big model', when, runtime: 'kata', enforce: 'exactly' }],
    required: [],
    unlabelled: { assign: 'kata' },
  });
  expect(examplePolicy.required[0]?.enforce).toBe('present');
});

test('a policy is plain data: JSON and defining it again leave it as it is', () => {
  expect(parsePolicy(JSON.parse(JSON.stringify(examplePolicy)))).toStrictEqual(examplePolicy);
});

test('registries are compared in lower case', () => {
  const policy = definePolicy({
    ...EXAMPLE,
    rules: [rule('a', { when: { container: { image: { registry: 'NVCR.io' } } } })],
  });
  expect(policy.rules[0]?.when.container?.image?.registry).toBe('nvcr.io');
});

test.each<[string, object, readonly string[]]>([
  ['no runtimes', { runtimes: [], rules: [], required: [] }, ['runtimes']],
  ['an unknown member', { ruels: [] }, ['policy']],
  ['a label key that is none', { labelKey: 'a b' }, ['labelKey']],
  [
    'a runtime name that is no label value',
    { runtimes: [...EXAMPLE.runtimes, { name: 'a b', runtimeClassName: 'x', handler: 'x' }] },
    ['runtimes[2].name'],
  ],
  [
    'a runtime name twice',
    { runtimes: [...EXAMPLE.runtimes, { name: 'kata', runtimeClassName: 'x', handler: 'x' }] },
    ['runtimes[2].name'],
  ],
  [
    'a class twice',
    { runtimes: [...EXAMPLE.runtimes, { name: 'x', runtimeClassName: 'kata', handler: 'x' }] },
    ['runtimes[2].runtimeClassName'],
  ],
  ['a rule name twice', { rules: [rule('a'), rule('a')] }, ['rules[1].name']],
  [
    'a rule for an unknown runtime',
    { rules: [rule('a', { runtime: 'runc' })] },
    ['rules[0].runtime'],
  ],
  [
    'a rule for the name of a prototype member',
    { rules: [rule('a', { runtime: 'constructor' })] },
    ['rules[0].runtime'],
  ],
  [
    'a requirement for an unknown runtime',
    { required: [{ namespaces: ['a'], container: 'a', runtime: 'runc' }] },
    ['required[0].runtime'],
  ],
  ['an unknown runtime by default', { unlabelled: { assign: 'runc' } }, ['unlabelled.assign']],
  ['a choice that is none', { unlabelled: 'allow' }, ['unlabelled']],
  ['a condition without members', { rules: [rule('a', { when: {} })] }, ['rules[0].when']],
  [
    'one inside others',
    { rules: [rule('a', { when: { any: [when, { not: {} }] } })] },
    ['rules[0].when.any[1].not'],
  ],
  [
    'an empty container condition',
    { rules: [rule('a', { when: { container: {} } })] },
    ['rules[0].when.container'],
  ],
  [
    'empty requests',
    { rules: [rule('a', { when: { container: { requests: {} } } })] },
    ['rules[0].when.container.requests'],
  ],
  [
    'a quantity that is none',
    { rules: [rule('a', { when: { pod: { requests: { cpu: { gt: '4 cores' } } } } })] },
    ['rules[0].when.pod.requests.cpu.gt'],
  ],
  [
    'a quantity that is too large',
    { rules: [rule('a', { when: { pod: { requests: { cpu: { gt: '1e19' } } } } })] },
    ['rules[0].when.pod.requests.cpu.gt'],
  ],
  [
    'a question about the runtime label',
    { rules: [rule('a', { when: { not: { pod: { labels: { 'secure-ai.io/runtime': '*' } } } } })] },
    ['rules[0].when.not.pod.labels["secure-ai.io/runtime"]'],
  ],
  [
    'a question about our annotation',
    {
      rules: [
        rule('a', {
          when: { pod: { annotations: { 'secure-ai.io/decision': { exists: true } } } },
        }),
      ],
    },
    ['rules[0].when.pod.annotations["secure-ai.io/decision"]'],
  ],
])('%s is a problem', (_, change, paths) => {
  expect(problemsOf(change)).toEqual(paths);
});

test('the largest binary quantity can be compared with', () => {
  expect(
    problemsOf({ rules: [rule('a', { when: { pod: { requests: { cpu: { gt: '9Ei' } } } } })] }),
  ).toEqual([]);
});

test('all problems are named at once, of shape and of meaning', () => {
  const change = {
    labelKey: '-',
    rules: [rule('a', { runtime: 'x' }), rule('a', { when: {} })],
    unlabelled: 7,
  };
  expect(problemsOf(change)).toEqual([
    'labelKey',
    'unlabelled',
    'rules[1].name',
    'rules[0].runtime',
    'rules[1].when',
  ]);
});

describe('nesting', () => {
  const nested = (levels: number): object => (levels === 1 ? when : { not: nested(levels - 1) });

  test('of 16 levels is allowed, of 17 a problem with its path', () => {
    expect(problemsOf({ rules: [rule('a', { when: nested(16) })] })).toEqual([]);
    expect(problemsOf({ rules: [rule('a', { when: nested(17) })] })).toEqual([
      `rules[0].when${'.not'.repeat(16)}`,
    ]);
  });

  test.each([
    ['deep', `${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`],
    ['deep in lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('too %s to walk is one problem, not a stack overflow', (_, json) => {
    expect(problemsOf({ rules: [{ when: JSON.parse(json) as object }] })).toEqual(['policy']);
  });

  test('in a circle is one problem too', () => {
    const circle: { not?: object } = {};
    circle.not = circle;
    expect(problemsOf({ rules: [{ when: circle }] })).toEqual(['policy']);
  });
});

test.each([undefined, null, 7, 'policy', []])('%j is no policy', (value) => {
  expect(() => parsePolicy(value)).toThrow('POLICY_INVALID');
});

describe('policyHash', () => {
  test('does not depend on the order of members, and does on every value', () => {
    const { rules, ...others } = examplePolicy;
    expect(policyHash({ rules, ...others })).toBe(policyHash(examplePolicy));
    const changed: RuntimePolicyInput = { ...EXAMPLE, unlabelled: 'deny' };
    expect(policyHash(definePolicy(changed))).not.toBe(policyHash(examplePolicy));
  });

  test('is twelve hex digits that do not change by themselves', () => {
    expect(policyHash(examplePolicy)).toMatchInlineSnapshot(`"8c59c3d5e369"`);
  });
});

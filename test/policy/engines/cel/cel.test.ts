/** What the admission policies are written as. What they decide is in the oracle tests beside this one. */
import {
  mutatingAdmissionPolicies,
  validatingAdmissionPolicies,
} from '../../../../policy/engines/cel';
import { identifiersOf } from '../../../../policy/engines/cel/identifiers';
import { globTest, literal } from '../../../../policy/engines/cel/text';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import { EXAMPLE } from '../../fixtures';

const variablesOf = (input: RuntimePolicyInput): ReadonlyMap<string, string> => {
  const manifests = validatingAdmissionPolicies(definePolicy(input));
  const pairs = manifests.flatMap(({ spec }) =>
    'variables' in spec ? spec.variables.map((one) => [one.name, one.expression] as const) : [],
  );
  return new Map(pairs);
};

test('a rule is one variable, which begins with what the rule says', () => {
  expect(variablesOf(EXAMPLE).get('rule_high_compute')).toMatchInlineSnapshot(`
    "// "high compute" asks for kata, exactly.
    variables.containers.exists(c, has(c.image) && c.image.contains('pytorch')) && 'cpu' in variables.requests && variables.requests['cpu'].exists(q, q.compareTo(quantity('4')) > 0)"
  `);
});

test('a title cannot end its comment', () => {
  const rules = [{ name: 'a', title: 'a\n) || true', when: { pod: { os: 'linux' } }, deny: 'no' }];
  expect(variablesOf({ ...EXAMPLE, rules }).get('rule_a')).toBe(
    `// "a\\n) || true" denies: "no"\nhas(object.spec.os) && object.spec.os.name == 'linux'`,
  );
});

test('only what the rules ask about is computed', () => {
  const rules = [{ name: 'a', when: { pod: { hostNetwork: true } }, runtime: 'kata' }];
  const names = [...variablesOf({ ...EXAMPLE, rules }).keys()];
  expect(names).not.toEqual(expect.arrayContaining(['images']));
  expect(names).not.toEqual(expect.arrayContaining(['sums_0']));
});

test('every variable refers to those before it alone', () => {
  for (const { spec } of validatingAdmissionPolicies(definePolicy(EXAMPLE))) {
    if (!('variables' in spec)) continue;
    const known = new Set<string>();
    for (const { name, expression } of spec.variables) {
      const named = [...expression.matchAll(/\bvariables\.(\w+)/g)].map(([, one = '']) => one);
      expect(named.filter((one) => !known.has(one))).toEqual([]);
      known.add(name);
    }
  }
});

const mixed = definePolicy({
  ...EXAMPLE,
  required: [],
  rules: [
    { name: 'soft', when: { pod: { os: 'windows' } }, deny: 'no', enforcement: 'warn' as const },
  ],
  tenants: [{ namespaces: ['lab', 'kube-system'], enforcement: 'audit' as const }],
});

test('each scope and stage has a policy, which acts as the stage says', () => {
  const manifests = validatingAdmissionPolicies(mixed);
  const rows = manifests.map(({ kind, metadata, spec }) => [
    kind,
    metadata.name,
    'policyName' in spec ? spec.validationActions : spec.failurePolicy,
  ]);
  expect(rows).toEqual([
    ['ValidatingAdmissionPolicy', 'ai-sandbox-deny', 'Fail'],
    ['ValidatingAdmissionPolicyBinding', 'ai-sandbox-deny', ['Deny']],
    ['ValidatingAdmissionPolicy', 'ai-sandbox-warn', 'Ignore'],
    ['ValidatingAdmissionPolicyBinding', 'ai-sandbox-warn', ['Warn', 'Audit']],
    ['ValidatingAdmissionPolicy', 'ai-sandbox-lab-audit', 'Ignore'],
    ['ValidatingAdmissionPolicyBinding', 'ai-sandbox-lab-audit', ['Audit']],
  ]);
});

test('a mutating policy is for every scope, and rules have a say only where they are enforced', () => {
  const [own, , lab] = mutatingAdmissionPolicies(mixed);
  const countOf = (manifest: typeof own) =>
    manifest !== undefined && 'variables' in manifest.spec ? manifest.spec.variables.length : 0;
  expect([own?.metadata.name, lab?.metadata.name]).toEqual(['ai-sandbox', 'ai-sandbox-lab']);
  expect(countOf(lab)).toBeLessThan(countOf(own));
});

test('the namespaces are the enabled ones of the scope, and never an exempt one', () => {
  const selectors = validatingAdmissionPolicies(mixed).flatMap(({ spec }) =>
    'matchConstraints' in spec ? [spec.matchConstraints.namespaceSelector] : [],
  );
  const exempt = ['kube-system', 'gatekeeper-system', 'kata-system', 'gvisor-system'];
  const key = 'kubernetes.io/metadata.name';
  const matchLabels = { 'secure-ai.io/sandbox-enabled': 'true' };
  const others = [...exempt, 'lab', 'kube-system'];
  const own = { matchLabels, matchExpressions: [{ key, operator: 'NotIn', values: others }] };
  expect(selectors).toEqual([
    own,
    own,
    {
      matchLabels,
      matchExpressions: [
        { key, operator: 'In', values: ['lab', 'kube-system'] },
        { key, operator: 'NotIn', values: exempt },
      ],
    },
  ]);
});

test.each([
  ["it's", `'it\\'s'`],
  ['"quoted" \\', `'"quoted" \\\\'`],
  ['a\nb', `'a\\nb'`],
  ['\ud800', `'\ufffd'`],
])('%j is written as a literal', (value, expected) => {
  expect(literal(value)).toBe(expected);
});

test.each([
  ['a', `x == 'a'`],
  ['*', 'true'],
  ['a*', `x.startsWith('a')`],
  ['*a', `x.endsWith('a')`],
  ['*a*', `x.contains('a')`],
  ['a*b', `x.matches('^a[\\\\s\\\\S]*b$')`],
])('the glob %s is tested in the cheapest way', (glob, expected) => {
  expect(globTest(glob, 'x')).toBe(expected);
});

test('names of rules that are alike as identifiers stay apart', () => {
  expect(identifiersOf('rule_', ['a-b', 'a.b', 'a_b', 'a_b__2'])).toEqual([
    'rule_a_b',
    'rule_a_b__2',
    'rule_a_b__3',
    'rule_a_b__2__2',
  ]);
});

const plainRules = (count: number): RuntimePolicyInput['rules'] =>
  Array.from({ length: count }, (_, index) => ({
    name: `rule-${index}`,
    when: { container: { image: { contains: `model-${index}` } } },
    runtime: 'kata',
  }));

test('a policy that does not fit is refused with the number of rules that do', () => {
  const policyOf = (count: number) => definePolicy({ ...EXAMPLE, rules: plainRules(count) });
  const tooLarge = (emit: (policy: ReturnType<typeof policyOf>) => unknown): number => {
    try {
      emit(policyOf(9_000));
    } catch (error) {
      expect(error).toMatchObject({ code: 'POLICY_TOO_LARGE' });
      return Number(/keep the first (\d+) of 9000 rules/.exec(String(error))?.[1]);
    }
    return NaN;
  };
  for (const emit of [validatingAdmissionPolicies, mutatingAdmissionPolicies]) {
    const most = tooLarge(emit);
    expect(most).toBeGreaterThan(1_500);
    expect(() => emit(policyOf(most))).not.toThrow();
    expect(() => emit(policyOf(most + 1))).toThrow(/POLICY_TOO_LARGE/);
  }
});

test('a rule that is too long for one expression is refused', () => {
  const any = Array.from({ length: 3_000 }, (_, index) => ({ container: { name: `c-${index}` } }));
  const rules = [{ name: 'a', when: { any }, runtime: 'kata' }];
  expect(() => validatingAdmissionPolicies(definePolicy({ ...EXAMPLE, rules }))).toThrow(
    /POLICY_TOO_LARGE rules: variable rule_a has \d+ characters.*keep the first 0 of 1 rules/,
  );
});

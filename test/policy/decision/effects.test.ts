/** What rules do besides choosing a runtime: refuse, exempt, and what the minimum of a namespace does to all of them. */
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import { policyHash } from '../../../policy/model/policy-hash';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import type { PodLike } from '../../../policy/pod/pod';
import { EXAMPLE, makePod } from '../fixtures';

const TENANT = { namespace: 'team-a' };
const REASON = 'agents of the node need its kernel';

const withAnnotation = (pod: PodLike, key: string, value: string): PodLike => ({
  ...pod,
  metadata: { ...pod.metadata, annotations: { [key]: value } },
});

function deciderOf(changes: Partial<RuntimePolicyInput>) {
  const policy = definePolicy({ ...EXAMPLE, ...changes });
  const { decide, validate, mutate } = createDecider(policy);
  return {
    hash: policyHash(policy),
    decide: (pod: unknown, namespace = TENANT.namespace) => decide(pod, { namespace }),
    codes: (pod: unknown, namespace = TENANT.namespace) =>
      validate(pod, { namespace }).map(({ code }) => code),
    mutate: (pod: unknown) => mutate(pod, TENANT),
  };
}

const agent = { container: { image: { repository: 'team/agent' } } };
const exemption = { name: 'node_agent', when: agent, exempt: REASON };
const refusal = { name: 'no_agents', when: agent, deny: 'agents run elsewhere' };
const choice = { name: 'agents', when: agent, runtime: 'gvisor' };
const AGENT = makePod({ image: 'team/agent' });

describe('a rule that refuses', () => {
  test('says its title and its reason, whatever runtime the pod has', () => {
    const { decide } = deciderOf({ rules: [refusal] });
    for (const pod of [AGENT, makePod({ image: 'team/agent', label: 'kata', class: 'kata' })]) {
      expect(decide(pod).denials).toMatchObject([
        {
          code: 'DENIED',
          message: 'Pod demo is refused by no agents: agents run elsewhere',
        },
      ]);
    }
  });

  test('speaks once for each rule that matches', () => {
    const { codes } = deciderOf({ rules: [refusal, { ...refusal, name: 'other' }] });
    expect(codes(makePod({ image: 'team/agent', label: 'kata', class: 'kata' }))).toEqual([
      'DENIED',
      'DENIED',
    ]);
  });

  test('does not keep the pod from being mutated, and is not recorded', () => {
    const { decide } = deciderOf({ rules: [refusal, choice] });
    const { selection } = decide(AGENT);
    expect(selection).toMatchObject({ runtime: { name: 'gvisor' }, rules: ['agents'] });
  });
});

describe('a rule that exempts', () => {
  test('leaves the pod alone and records who said so', () => {
    const { decide, hash } = deciderOf({ rules: [exemption, choice] });
    const { selection, denials, patch } = decide(AGENT);
    expect(selection).toEqual({ runtime: undefined, source: 'exempt', rules: ['node_agent'] });
    expect(denials).toEqual([]);
    expect(patch).toEqual([
      {
        op: 'add',
        path: '/metadata/annotations',
        value: {
          'secure-ai.io/decision': `{"source":"exempt","rules":["node_agent"],"policy":"${hash}"}`,
        },
      },
    ]);
  });

  test('is decided the same on the second call', () => {
    const { decide, mutate } = deciderOf({ rules: [exemption] });
    const first = decide(AGENT);
    expect(mutate(first.pod)).toEqual({ selection: first.selection, patch: [] });
  });

  test('has no say over a pod that carries the label', () => {
    const { codes } = deciderOf({ rules: [exemption] });
    expect(codes(makePod({ image: 'team/agent', label: 'runc' }))).toEqual(['UNKNOWN_RUNTIME']);
    expect(codes(makePod({ image: 'team/agent', label: 'kata' }))).toEqual(['CLASS_MISMATCH']);
  });

  test('leaves a class alone that the policy does not know', () => {
    const { decide } = deciderOf({ rules: [exemption] });
    expect(decide(makePod({ image: 'team/agent', class: 'runc' })).denials).toEqual([]);
  });

  test('loses to a rule that refuses', () => {
    const { decide } = deciderOf({ rules: [exemption, refusal] });
    const { selection, denials } = decide(AGENT);
    expect(selection.source).toBe('default');
    expect(denials.map(({ code }) => code)).toEqual(['DENIED']);
  });

  test('of a record that only claims it nothing is kept', () => {
    const { decide, hash } = deciderOf({ rules: [exemption] });
    const record = `{"source":"exempt","rules":["node_agent"],"policy":"${hash}"}`;
    const claimed = withAnnotation(makePod(), 'secure-ai.io/decision', record);
    const { selection, patch } = decide(claimed);
    expect(selection.source).toBe('default');
    expect(patch).toContainEqual(
      expect.objectContaining({
        op: 'replace',
        path: '/metadata/annotations/secure-ai.io~1decision',
      }),
    );
  });
});

test('a mirror of a static pod is left alone, whatever it carries', () => {
  const { decide, codes } = deciderOf({ rules: [refusal] });
  for (const pod of [AGENT, makePod({ label: 'runc', class: 'runc' })]) {
    const mirror = withAnnotation(pod, 'kubernetes.io/config.mirror', '');
    expect(decide(mirror).selection.source).toBe('mirror');
    expect(decide(mirror).patch).toEqual([]);
    expect(codes(mirror)).toEqual([]);
  }
});

describe('the minimum of a namespace', () => {
  const minimum = [
    { namespaces: ['team-a', 'team-b'], runtime: 'gvisor' },
    { namespaces: ['team-a'], runtime: 'kata' },
  ];
  const below = { code: 'BELOW_MINIMUM' };

  test('is the strongest that names it, and refuses what is weaker by label or class', () => {
    const { decide } = deciderOf({ minimum, rules: [] });
    const label = makePod({ label: 'gvisor' });
    expect(decide(label).denials).toMatchObject([
      { ...below, message: 'Pod demo needs at least runtime kata in namespace team-a' },
    ]);
    expect(decide(label, 'team-b').denials).toEqual([]);
    const ofClass = decide(makePod({ class: 'gvisor' }));
    expect(ofClass.selection.source).toBe('none');
    expect(ofClass.denials).toMatchObject([below]);
  });

  test('is what a pod gets that would get a weaker one', () => {
    const gvisor = { assign: 'gvisor' };
    const { decide } = deciderOf({ minimum, rules: [choice], unlabelled: gvisor });
    expect(decide(AGENT)).toMatchObject({
      selection: { runtime: { name: 'kata' }, source: 'rule', rules: ['agents'] },
      denials: [],
    });
    expect(decide(makePod())).toMatchObject({
      selection: { runtime: { name: 'kata' }, source: 'default' },
      denials: [],
    });
  });

  test('takes the say from a rule that names something weaker, exactly or not', () => {
    const { decide } = deciderOf({ minimum, rules: [choice] });
    expect(decide(makePod({ image: 'team/agent', label: 'kata' })).denials).toEqual([]);
    expect(decide(makePod({ image: 'team/agent', label: 'kata' }), 'team-b').denials).toMatchObject(
      [{ code: 'RULE_VIOLATED' }],
    );
  });

  test('holds where unlabelled pods are ignored', () => {
    const { decide, codes } = deciderOf({ minimum, rules: [], unlabelled: 'ignore' });
    expect(decide(makePod()).selection).toMatchObject({
      runtime: { name: 'kata' },
      source: 'default',
    });
    expect(codes(makePod())).toEqual(['BELOW_MINIMUM']);
    expect(codes(makePod(), 'team-c')).toEqual([]);
  });

  test('is not asked of an exempt pod', () => {
    const { decide } = deciderOf({ minimum, rules: [exemption] });
    expect(decide(AGENT)).toMatchObject({ selection: { source: 'exempt' }, denials: [] });
  });
});

test('an empty value is quoted', () => {
  const { decide } = deciderOf({});
  expect(decide(makePod({ label: '', class: '' })).denials.map(({ message }) => message)).toEqual([
    'Pod demo asks for runtime "", which is not one of gvisor, kata',
    'Pod demo uses runtimeClassName "", which is not one of gvisor, kata',
  ]);
});

const problems: [string, object, string][] = [
  ['no effect', { runtime: undefined }, 'needs one effect: runtime, deny or exempt'],
  ['two effects', { deny: 'no' }, 'needs one effect: runtime, deny or exempt'],
  [
    'enforce beside deny',
    { runtime: undefined, deny: 'no', enforce: 'exactly' },
    'says how strictly a runtime is meant, and the rule names none',
  ],
  ['a reason of two lines', { runtime: undefined, deny: 'a\nb' }, 'must be a sentence on one line'],
  ['an empty reason', { runtime: undefined, exempt: ' ' }, 'must be a sentence on one line'],
];

test.each(problems)('%s is refused', (_, change, reason) => {
  const rules = [{ ...choice, ...change }];
  expect(() => definePolicy({ ...EXAMPLE, rules })).toThrow(
    expect.objectContaining({
      code: 'POLICY_INVALID',
      problems: [expect.objectContaining({ reason })],
    }) as Error,
  );
});

test('a minimum of a runtime the policy does not have is refused', () => {
  const input = { ...EXAMPLE, minimum: [{ namespaces: ['a'], runtime: 'runc' }] };
  expect(() => definePolicy(input)).toThrow(
    expect.objectContaining({
      problems: [
        {
          path: 'minimum[0].runtime',
          reason: 'no runtime is named "runc"',
          fix: 'use one of gvisor, kata',
        },
      ],
    }) as Error,
  );
});

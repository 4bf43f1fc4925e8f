/** A second call, after another webhook has changed the pod: what is decided anew, and what is judged as written. */
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import { referenceMatcher } from '../../../policy/rules/match';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { CONTEXT, EXAMPLE, makePod } from '../fixtures';
import { admit, type Pod, type Webhook } from './api-server';

const classNamed = (name: string, memory: string) => ({
  name,
  overhead: { memory },
  nodeSelector: { [name]: 'true' },
  tolerations: [{ key: 'pool', operator: 'Equal', value: name, effect: 'NoSchedule' }],
});
const GVISOR = classNamed('gvisor', '128Mi');
const KATA = classNamed('kata', '320Mi');
const CLASSES = [GVISOR, KATA];
const SCIKIT = { name: 'proxy', image: 'scikit', resources: { requests: { cpu: '100m' } } };

const sidecar =
  (container: object): Webhook =>
  (pod) => {
    const others = pod.spec?.containers ?? [];
    if (others.some(({ name }) => name === 'proxy')) return pod;
    return { ...pod, spec: { ...pod.spec, containers: [...others, container] } };
  };
const labels =
  (label: string): Webhook =>
  ({ metadata, ...pod }) => ({
    ...pod,
    metadata: { ...metadata, labels: { ...metadata?.labels, 'secure-ai.io/runtime': label } },
  });
const classes =
  (runtimeClassName: string): Webhook =>
  ({ spec, ...pod }) => ({ ...pod, spec: { ...spec, runtimeClassName } });

function admitted(
  changes: Partial<RuntimePolicyInput>,
  pod: Pod,
  other: Webhook,
  known: readonly string[] = ['gvisor', 'kata'],
) {
  const policy = definePolicy({ ...EXAMPLE, ...changes });
  const decider = createDecider(
    policy,
    referenceMatcher(policy),
    CLASSES.filter(({ name }) => known.includes(name)),
  );
  const { pod: stored, denials, refusal } = admit(decider, CLASSES, pod, other);
  return {
    codes: denials.map(({ code }) => code),
    ...(refusal !== undefined && { refusal }),
    ...(stored && sandboxOf(stored)),
  };
}

function sandboxOf({ metadata, spec }: Pod) {
  const record = metadata?.annotations?.['secure-ai.io/decision'] ?? '{}';
  return {
    label: metadata?.labels?.['secure-ai.io/runtime'],
    source: (JSON.parse(record) as { source?: string }).source,
    class: spec?.runtimeClassName,
    overhead: spec?.overhead,
    nodeSelector: spec?.nodeSelector,
    tolerations: spec?.tolerations,
  };
}

const runsIn = ({ name, overhead, nodeSelector, tolerations }: typeof KATA, source: string) => ({
  codes: [],
  label: name,
  source,
  class: name,
  overhead,
  nodeSelector,
  tolerations,
});

test('a sidecar that makes a weaker rule match: that rule decides', () => {
  expect(admitted({}, makePod(), sidecar(SCIKIT))).toEqual(runsIn(GVISOR, 'rule'));
});

test('a sidecar that makes a stronger rule match: that rule decides', () => {
  const proxy = { name: 'proxy', image: 'pytorch', resources: { requests: { cpu: '8' } } };
  const found = admitted({ unlabelled: { assign: 'gvisor' } }, makePod(), sidecar(proxy));
  expect(found).toEqual(runsIn(KATA, 'rule'));
});

test('a sidecar that no rule asks about changes nothing', () => {
  const proxy = { name: 'proxy', image: 'envoy' };
  expect(admitted({}, makePod(), sidecar(proxy))).toEqual(runsIn(KATA, 'default'));
});

test('a label of the author stays, and the rule that the sidecar makes match refuses it', () => {
  expect(admitted({}, makePod({ label: 'kata' }), sidecar(SCIKIT)).codes).toEqual([
    'RULE_VIOLATED',
  ]);
  expect(admitted({}, makePod({ class: 'kata' }), sidecar(SCIKIT)).codes).toEqual([
    'RULE_VIOLATED',
  ]);
});

test('a sidecar that makes the pod exempt: label, class and what it brought are taken off', () => {
  const rules = [
    { name: 'agents', when: { container: { image: { contains: 'scikit' } } }, exempt: 'why' },
  ];
  expect(admitted({ rules }, makePod(), sidecar(SCIKIT))).toEqual({ codes: [], source: 'exempt' });
});

test('a sidecar that ends an exemption: the class is set with what it brings', () => {
  const rules = [
    { name: 'agents', when: { not: { container: { name: 'proxy' } } }, exempt: 'why' },
  ];
  expect(admitted({ rules }, makePod(), sidecar(SCIKIT))).toEqual(runsIn(KATA, 'default'));
});

test('a sidecar that a required container comes with is refused as the policy says', () => {
  const proxy = { name: 'ai-model', image: 'x' };
  expect(admitted({}, makePod(), sidecar(proxy)).codes).toEqual(['LABEL_REQUIRED']);
});

test('a rule about the node selector that the class brought has no say', () => {
  const rules = [
    {
      name: 'r',
      when: { pod: { nodeSelector: { kata: 'true' } } },
      runtime: 'gvisor',
      enforce: 'atLeast' as const,
    },
  ];
  const proxy = { name: 'proxy', image: 'envoy' };
  expect(admitted({ rules }, makePod(), sidecar(proxy))).toEqual(runsIn(KATA, 'default'));
});

describe('another webhook writes over ours', () => {
  test('a label: it counts, and the class follows', () => {
    expect(admitted({}, makePod(), labels('gvisor'))).toEqual(runsIn(GVISOR, 'label'));
  });

  test('a label that names no runtime is refused', () => {
    expect(admitted({}, makePod(), labels('runc')).codes).toEqual(['UNKNOWN_RUNTIME']);
  });

  test('a class: it counts, and the label follows', () => {
    expect(admitted({}, makePod(), classes('gvisor'))).toEqual(runsIn(GVISOR, 'class'));
  });

  test('a class that the rules do not take is refused', () => {
    const pod = makePod({ image: 'pytorch', cpu: '8' });
    expect(admitted({}, pod, classes('gvisor')).codes).toEqual(['RULE_VIOLATED']);
  });
});

describe('where the class cannot be exchanged the pod is judged as written', () => {
  const atLeast = [
    {
      name: 'r',
      when: { container: { image: { contains: 'scikit' } } },
      runtime: 'gvisor',
      enforce: 'atLeast' as const,
    },
  ];

  test.each([['gvisor'], ['kata'], []])('known: %s', (...known) => {
    expect(admitted({}, makePod(), sidecar(SCIKIT), known).codes).toEqual(['RULE_VIOLATED']);
    expect(admitted({ rules: atLeast }, makePod(), sidecar(SCIKIT), known)).toEqual(
      runsIn(KATA, 'label'),
    );
  });

  test('the author selects nodes that the new class contradicts', () => {
    const pod: Pod = {
      ...makePod(),
      spec: { ...makePod().spec, nodeSelector: { gvisor: 'false' } },
    };
    expect(admitted({}, pod, sidecar(SCIKIT)).codes).toEqual(['RULE_VIOLATED']);
  });

  test('a record of another source with the same class needs no exchange', () => {
    const proxy = { name: 'proxy', image: 'pytorch', resources: { requests: { cpu: '8' } } };
    expect(admitted({}, makePod(), sidecar(proxy), [])).toEqual(runsIn(KATA, 'rule'));
  });
});

test('a mirror of a static pod is left alone, whatever record it has', () => {
  const { decide } = createDecider(definePolicy(EXAMPLE));
  const pod = makePod({ label: 'kata', class: 'kata' });
  const annotations = {
    'kubernetes.io/config.mirror': 'x',
    'secure-ai.io/decision': '{"runtime":"kata","source":"default","rules":[],"policy":"x"}',
  };
  const { selection, patch } = decide(
    { ...pod, metadata: { ...pod.metadata, annotations } },
    CONTEXT,
  );
  expect(selection.source).toBe('mirror');
  expect(patch).toEqual([{ op: 'remove', path: '/metadata/annotations/secure-ai.io~1decision' }]);
});

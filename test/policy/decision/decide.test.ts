import { createDecider } from '../../../policy/decision/decide';
import type { DenialCode, Source } from '../../../policy/decision/decision';
import { definePolicy } from '../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { CONTEXT, EXAMPLE, examplePolicy, makePod } from '../fixtures';
import type { PodOptions } from '../fixtures';

const decider = createDecider(examplePolicy);
const PYTORCH = { image: 'pytorch/pytorch', cpu: '8' }; // matches high_compute: kata
const SCIKIT = { image: 'scikit', cpu: '500m' }; // matches light_model: gvisor
const REQUIRED = { container: 'ai-model' };

/** One pod as it is created: what is chosen, and what validation says of it before and after the mutator. */
interface Row {
  readonly pod: PodOptions;
  readonly policy?: Partial<RuntimePolicyInput>;
  readonly chosen: `${string} ${Source}` | 'none';
  readonly before: readonly DenialCode[];
  readonly after: readonly DenialCode[];
}

const atLeast = (name: string) =>
  EXAMPLE.rules?.map((rule) =>
    rule.name === name ? { ...rule, enforce: 'atLeast' as const } : rule,
  ) ?? [];
const required = (runtime: string, enforce: 'exactly' | 'atLeast') => [
  { namespaces: ['ai-production'], container: 'ai-model', runtime, enforce },
];

const TABLE: Record<string, Row> = {
  'row 1: a label decides': {
    pod: { label: 'gvisor' },
    chosen: 'gvisor label',
    before: ['CLASS_MISMATCH'],
    after: [],
  },
  'row 1: label and its class': {
    pod: { label: 'kata', class: 'kata' },
    chosen: 'kata label',
    before: [],
    after: [],
  },
  'row 1: label and the class of another runtime': {
    pod: { label: 'kata', class: 'gvisor' },
    chosen: 'kata label',
    before: ['CLASS_MISMATCH'],
    after: ['CLASS_MISMATCH'],
  },
  'row 1: label and an unknown class': {
    pod: { label: 'kata', class: 'runc' },
    chosen: 'kata label',
    before: ['UNKNOWN_CLASS', 'CLASS_MISMATCH'],
    after: ['UNKNOWN_CLASS', 'CLASS_MISMATCH'],
  },
  'row 1: label and an empty class': {
    pod: { label: 'kata', class: '' },
    chosen: 'kata label',
    before: ['UNKNOWN_CLASS', 'CLASS_MISMATCH'],
    after: ['UNKNOWN_CLASS', 'CLASS_MISMATCH'],
  },
  'row 1: a label weaker than the rules ask for': {
    pod: { label: 'gvisor', ...PYTORCH },
    chosen: 'gvisor label',
    before: ['RULE_VIOLATED', 'CLASS_MISMATCH'],
    after: ['RULE_VIOLATED'],
  },
  'row 1: a label stronger than an exact rule asks for': {
    pod: { label: 'kata', ...SCIKIT },
    chosen: 'kata label',
    before: ['RULE_VIOLATED', 'CLASS_MISMATCH'],
    after: ['RULE_VIOLATED'],
  },
  'row 1: a label stronger than an atLeast rule asks for': {
    pod: { label: 'kata', ...SCIKIT },
    policy: { rules: atLeast('light_model') },
    chosen: 'kata label',
    before: ['CLASS_MISMATCH'],
    after: [],
  },
  'row 1: a label on a required container': {
    pod: { label: 'gvisor', ...REQUIRED },
    chosen: 'gvisor label',
    before: ['CLASS_MISMATCH'],
    after: [],
  },
  'row 1: a label an exact requirement does not take': {
    pod: { label: 'gvisor', ...REQUIRED },
    policy: { required: required('kata', 'exactly') },
    chosen: 'gvisor label',
    before: ['LABEL_REQUIRED', 'CLASS_MISMATCH'],
    after: ['LABEL_REQUIRED'],
  },
  'row 1: a label stronger than an exact requirement asks for': {
    pod: { label: 'kata', ...REQUIRED },
    policy: { required: required('gvisor', 'exactly') },
    chosen: 'kata label',
    before: ['LABEL_REQUIRED', 'CLASS_MISMATCH'],
    after: ['LABEL_REQUIRED'],
  },
  'row 1: a label stronger than an atLeast requirement asks for': {
    pod: { label: 'kata', ...REQUIRED },
    policy: { required: required('gvisor', 'atLeast') },
    chosen: 'kata label',
    before: ['CLASS_MISMATCH'],
    after: [],
  },
  'row 1: a label weaker than an atLeast requirement asks for': {
    pod: { label: 'gvisor', ...REQUIRED },
    policy: { required: required('kata', 'atLeast') },
    chosen: 'gvisor label',
    before: ['LABEL_REQUIRED', 'CLASS_MISMATCH'],
    after: ['LABEL_REQUIRED'],
  },
  'row 1: the label an atLeast requirement names': {
    pod: { label: 'kata', ...REQUIRED },
    policy: { required: required('kata', 'atLeast') },
    chosen: 'kata label',
    before: ['CLASS_MISMATCH'],
    after: [],
  },
  'row 2: a label that names no runtime': {
    pod: { label: 'runc' },
    chosen: 'none',
    before: ['UNKNOWN_RUNTIME'],
    after: ['UNKNOWN_RUNTIME'],
  },
  'row 2: the name of a prototype member': {
    pod: { label: 'constructor' },
    chosen: 'none',
    before: ['UNKNOWN_RUNTIME'],
    after: ['UNKNOWN_RUNTIME'],
  },
  'row 2: an empty label': {
    pod: { label: '' },
    chosen: 'none',
    before: ['UNKNOWN_RUNTIME'],
    after: ['UNKNOWN_RUNTIME'],
  },
  'row 2: an unknown label is not helped by a known class': {
    pod: { label: 'runc', class: 'kata' },
    chosen: 'none',
    before: ['UNKNOWN_RUNTIME'],
    after: ['UNKNOWN_RUNTIME'],
  },
  'row 2: an unknown label satisfies neither rules nor requirements': {
    pod: { label: 'runc', ...PYTORCH, ...REQUIRED },
    chosen: 'none',
    before: ['UNKNOWN_RUNTIME', 'LABEL_REQUIRED', 'RULE_VIOLATED'],
    after: ['UNKNOWN_RUNTIME', 'LABEL_REQUIRED', 'RULE_VIOLATED'],
  },
  'row 3: an unknown class': {
    pod: { class: 'runc' },
    chosen: 'none',
    before: ['UNKNOWN_CLASS'],
    after: ['UNKNOWN_CLASS'],
  },
  'row 3: an empty class': {
    pod: { class: '' },
    chosen: 'none',
    before: ['UNKNOWN_CLASS'],
    after: ['UNKNOWN_CLASS'],
  },
  'row 3: an unknown class where rules match': {
    pod: { class: 'runc', ...PYTORCH },
    chosen: 'none',
    before: ['UNKNOWN_CLASS', 'RULE_VIOLATED'],
    after: ['UNKNOWN_CLASS', 'RULE_VIOLATED'],
  },
  'row 4: a known class': {
    pod: { class: 'gvisor' },
    chosen: 'gvisor class',
    before: [],
    after: [],
  },
  'row 4: a class the rules ask for': {
    pod: { class: 'kata', ...PYTORCH },
    chosen: 'kata class',
    before: ['RULE_VIOLATED'],
    after: [],
  },
  'row 4: a class on a required container': {
    pod: { class: 'gvisor', ...REQUIRED },
    chosen: 'gvisor class',
    before: ['LABEL_REQUIRED'],
    after: [],
  },
  'row 4: a class a requirement does not take': {
    pod: { class: 'gvisor', ...REQUIRED },
    policy: { required: required('kata', 'exactly') },
    chosen: 'gvisor class',
    before: ['LABEL_REQUIRED'],
    after: ['LABEL_REQUIRED'],
  },
  'row 5: a class weaker than the rules ask for': {
    pod: { class: 'gvisor', ...PYTORCH },
    chosen: 'none',
    before: ['RULE_VIOLATED'],
    after: ['RULE_VIOLATED'],
  },
  'row 5: a class stronger than an exact rule asks for': {
    pod: { class: 'kata', ...SCIKIT },
    chosen: 'none',
    before: ['RULE_VIOLATED'],
    after: ['RULE_VIOLATED'],
  },
  'row 5: not acceptable and required': {
    pod: { class: 'gvisor', ...PYTORCH, ...REQUIRED },
    chosen: 'none',
    before: ['LABEL_REQUIRED', 'RULE_VIOLATED'],
    after: ['LABEL_REQUIRED', 'RULE_VIOLATED'],
  },
  'row 6: a rule': {
    pod: SCIKIT,
    chosen: 'gvisor rule',
    before: ['RULE_VIOLATED'],
    after: [],
  },
  'row 6: a rule on a required container': {
    pod: { ...PYTORCH, ...REQUIRED },
    chosen: 'kata rule',
    before: ['LABEL_REQUIRED', 'RULE_VIOLATED'],
    after: [],
  },
  'row 6: a rule where a requirement asks for another runtime': {
    pod: { ...SCIKIT, ...REQUIRED },
    policy: { required: required('kata', 'exactly') },
    chosen: 'gvisor rule',
    before: ['LABEL_REQUIRED', 'RULE_VIOLATED'],
    after: ['LABEL_REQUIRED'],
  },
  'row 7: a required container': {
    pod: REQUIRED,
    chosen: 'none',
    before: ['LABEL_REQUIRED'],
    after: ['LABEL_REQUIRED'],
  },
  'row 7: also where unlabelled pods are ignored': {
    pod: REQUIRED,
    policy: { unlabelled: 'ignore' },
    chosen: 'none',
    before: ['LABEL_REQUIRED'],
    after: ['LABEL_REQUIRED'],
  },
  'row 8: nothing said, the strongest by default': {
    pod: {},
    chosen: 'kata default',
    before: ['UNSANDBOXED'],
    after: [],
  },
  'row 8: nothing said, assigned': {
    pod: {},
    policy: { unlabelled: { assign: 'gvisor' } },
    chosen: 'gvisor default',
    before: ['UNSANDBOXED'],
    after: [],
  },
  'row 8: nothing said, denied': {
    pod: {},
    policy: { unlabelled: 'deny' },
    chosen: 'none',
    before: ['UNSANDBOXED'],
    after: ['UNSANDBOXED'],
  },
  'row 8: nothing said, ignored': {
    pod: {},
    policy: { unlabelled: 'ignore' },
    chosen: 'none',
    before: [],
    after: [],
  },
};

test.each(Object.entries(TABLE))('%s', (_, { pod: options, policy, chosen, before, after }) => {
  const { decide, select, validate } = createDecider(definePolicy({ ...EXAMPLE, ...policy }));
  const pod = makePod(options);
  const { selection, denials } = decide(pod, CONTEXT);
  const { runtime, source } = selection;
  expect(runtime === undefined ? source : `${runtime.name} ${source}`).toBe(chosen);
  expect(select(pod, CONTEXT)).toEqual(selection);
  expect(validate(pod, CONTEXT).map(({ code }) => code)).toEqual(before);
  expect(denials.map(({ code }) => code)).toEqual(after);
});

describe('messages', () => {
  test.each<[DenialCode, PodOptions, string]>([
    [
      'UNKNOWN_RUNTIME',
      { label: 'runc' },
      'Pod demo asks for runtime runc, which is not one of gvisor, kata',
    ],
    [
      'UNKNOWN_CLASS',
      { class: 'runc' },
      'Pod demo uses runtimeClassName runc, which is not one of gvisor, kata',
    ],
    [
      'LABEL_REQUIRED',
      REQUIRED,
      'Pod demo requires label secure-ai.io/runtime to use runtime kata',
    ],
    ['RULE_VIOLATED', PYTORCH, 'Workload demo with high compute requires runtime kata'],
    [
      'CLASS_MISMATCH',
      { label: 'kata', class: 'gvisor' },
      'Pod demo has runtime label kata but runtimeClassName gvisor',
    ],
    [
      'CLASS_MISMATCH',
      { label: 'kata' },
      'Pod demo has runtime label kata but runtimeClassName none',
    ],
    ['UNSANDBOXED', {}, 'Pod demo in namespace ai-production would run outside a sandbox'],
  ])('%s', (code, pod, message) => {
    expect(decider.validate(makePod(pod), CONTEXT)).toContainEqual(
      expect.objectContaining({ code, message }),
    );
  });

  test('a pod without a name yet is named by what its name will begin with', () => {
    const pod = { ...makePod(), metadata: { generateName: 'demo-' } };
    expect(decider.validate(pod, CONTEXT)[0]?.message).toBe(
      'Pod demo-* in namespace ai-production would run outside a sandbox',
    );
  });

  test("the request's namespace wins over the pod's", () => {
    const pod = { ...makePod(), metadata: { name: 'demo', namespace: 'other' } };
    expect(decider.validate(pod, CONTEXT)[0]?.message).toContain('namespace ai-production');
    expect(decider.validate(pod, { namespace: '' })[0]?.message).toContain('namespace other');
  });

  test('several containers that are required are all named, each once', () => {
    const policy = definePolicy({
      ...EXAMPLE,
      required: [
        ...required('kata', 'exactly'),
        ...required('gvisor', 'exactly'),
        ...required('kata', 'atLeast'),
      ],
    });
    const denials = createDecider(policy).validate(makePod(REQUIRED), CONTEXT);
    expect(denials.map(({ message }) => message)).toEqual([
      'Pod demo requires label secure-ai.io/runtime to use runtime gvisor',
      'Pod demo requires label secure-ai.io/runtime to use runtime kata',
    ]);
  });

  test('the strongest rule speaks, the first by name among equals', () => {
    const when = { container: { image: { contains: 'nginx' } } };
    const rules = [
      { name: 'weak', when, runtime: 'gvisor' },
      { name: 'b', title: 'second', when, runtime: 'kata' },
      { name: 'a', title: 'first', when, runtime: 'kata' },
    ];
    const { validate, select } = createDecider(definePolicy({ ...EXAMPLE, rules }));
    expect(validate(makePod(), CONTEXT)).toMatchObject([
      { code: 'RULE_VIOLATED', message: 'Workload demo with first requires runtime kata' },
    ]);
    expect(select(makePod(), CONTEXT).rules).toEqual(['a', 'b', 'weak']);
  });
});

test('one exact rule among those that name R is enough to refuse a stronger runtime', () => {
  const when = { container: { image: { contains: 'nginx' } } };
  const rules = [
    { name: 'a', when, runtime: 'gvisor', enforce: 'atLeast' as const },
    { name: 'b', when, runtime: 'gvisor', enforce: 'exactly' as const },
  ];
  const codes = (chosen: typeof rules) =>
    createDecider(definePolicy({ ...EXAMPLE, rules: chosen }))
      .validate(makePod({ label: 'kata', class: 'kata' }), CONTEXT)
      .map(({ code }) => code);
  expect(codes(rules.slice(0, 1))).toEqual([]);
  expect(codes(rules)).toEqual(['RULE_VIOLATED']);
});

describe('an update', () => {
  const bad = makePod({ ...PYTORCH, label: 'gvisor', class: 'kata' });
  const metadata = bad.metadata ?? {};

  test.each<[string, object, number]>([
    ['nothing', bad, 0],
    [
      'finalizers and annotations',
      { ...bad, metadata: { ...metadata, finalizers: ['a'], annotations: { a: 'b' } } },
      0,
    ],
    [
      'another label',
      { ...bad, metadata: { ...metadata, labels: { ...metadata.labels, team: 'a' } } },
      0,
    ],
    [
      'the way a quantity is written',
      makePod({ ...PYTORCH, cpu: '8000m', label: 'gvisor', class: 'kata' }),
      0,
    ],
    ['the label', makePod({ ...PYTORCH, label: 'runc', class: 'kata' }), 2],
    ['the label away', makePod({ ...PYTORCH, class: 'kata' }), 1],
    ['the class', makePod({ ...PYTORCH, label: 'gvisor', class: 'runc' }), 3],
    [
      'an image',
      makePod({ ...PYTORCH, image: 'pytorch/pytorch:2', label: 'gvisor', class: 'kata' }),
      2,
    ],
    ['resources', makePod({ ...PYTORCH, cpu: '9', label: 'gvisor', class: 'kata' }), 2],
    [
      'pod-level resources',
      { ...bad, spec: { ...bad.spec, resources: { limits: { cpu: '20' } } } },
      2,
    ],
    ['a container more', { ...bad, spec: { ...bad.spec, initContainers: [{}] } }, 2],
  ])('that changes %s', (_, pod, denials) => {
    expect(decider.validate(pod, CONTEXT, bad)).toHaveLength(denials);
  });

  test.each([undefined, null])('without an old object (%s) is judged like a creation', (old) => {
    expect(decider.validate(bad, CONTEXT, old)).toHaveLength(2);
  });
});

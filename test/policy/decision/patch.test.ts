import { createDecider } from '../../../policy/decision/decide';
import type { DecisionRecord } from '../../../policy/decision/decision';
import { definePolicy } from '../../../policy/model/define';
import { policyHash } from '../../../policy/model/policy-hash';
import type { PodLike } from '../../../policy/pod/pod';
import { parseRecord } from '../../../policy/decision/record';
import { CONTEXT, EXAMPLE, examplePolicy, makePod } from '../fixtures';
import type { PodOptions } from '../fixtures';

const { mutate, decide } = createDecider(examplePolicy);
const hash = policyHash(examplePolicy);
const recordText = (record: Partial<DecisionRecord>) =>
  JSON.stringify({ runtime: 'kata', source: 'default', rules: [], policy: hash, ...record });
const annotationPath = '/metadata/annotations/secure-ai.io~1decision';
const labelPath = '/metadata/labels/secure-ai.io~1runtime';

describe('the patch', () => {
  test('adds label, class and annotation, making the maps that are missing', () => {
    expect(mutate(makePod(), CONTEXT).patch).toEqual([
      { op: 'add', path: '/metadata/labels', value: { 'secure-ai.io/runtime': 'kata' } },
      {
        op: 'add',
        path: '/metadata/annotations',
        value: { 'secure-ai.io/decision': recordText({}) },
      },
      { op: 'add', path: '/spec/runtimeClassName', value: 'kata' },
    ]);
  });

  test('adds to maps that are there', () => {
    const metadata = { labels: { team: 'a' }, annotations: { b: 'c' } };
    expect(mutate({ ...makePod(), metadata }, CONTEXT).patch).toEqual([
      { op: 'add', path: labelPath, value: 'kata' },
      { op: 'add', path: annotationPath, value: recordText({}) },
      { op: 'add', path: '/spec/runtimeClassName', value: 'kata' },
    ]);
  });

  test('never overwrites a label or a class', () => {
    const { patch } = mutate(makePod({ label: 'kata', class: 'gvisor' }), CONTEXT);
    expect(patch.map(({ path }) => path)).toEqual(['/metadata/annotations']);
  });

  test('makes metadata and spec where there are none', () => {
    expect(decide({}, CONTEXT).pod).toEqual({
      metadata: {
        labels: { 'secure-ai.io/runtime': 'kata' },
        annotations: { 'secure-ai.io/decision': recordText({}) },
      },
      spec: { runtimeClassName: 'kata' },
    });
  });

  test.each([null, 7, []])('leaves %j, which is no object, to validation', (value) => {
    expect(decide(value, CONTEXT)).toMatchObject({ patch: [], denials: [{ code: 'UNSANDBOXED' }] });
  });

  test('is empty where nothing is chosen', () => {
    expect(mutate(makePod({ label: 'runc' }), CONTEXT).patch).toEqual([]);
  });

  test('uses the label key of the policy', () => {
    const policy = definePolicy({ ...EXAMPLE, labelKey: 'a.example/x_y' });
    const { patch } = createDecider(policy).mutate({ metadata: { labels: {} }, spec: {} }, CONTEXT);
    expect(patch[0]).toEqual({ op: 'add', path: '/metadata/labels/a.example~1x_y', value: 'kata' });
  });

  test('does not change the pod it is made for', () => {
    const pod = makePod();
    const copy = structuredClone(pod);
    decide(pod, CONTEXT);
    expect(pod).toEqual(copy);
  });
});

describe('an annotation that is there', () => {
  const PYTORCH = { image: 'pytorch', cpu: '8' };
  const both = { label: 'kata', class: 'kata' };

  test.each<[string, PodOptions, string]>([
    ['our own of a default', { ...both, annotation: recordText({}) }, 'default'],
    [
      'our own of a rule',
      { ...both, ...PYTORCH, annotation: recordText({ source: 'rule', rules: ['high_compute'] }) },
      'rule',
    ],
    ['our own of a label', { ...both, annotation: recordText({ source: 'label' }) }, 'label'],
    ['our own of a class', { ...both, annotation: recordText({ source: 'class' }) }, 'class'],
  ])('%s is kept', (_, options, source) => {
    const { selection, patch } = mutate(makePod(options), CONTEXT);
    expect(patch).toEqual([]);
    expect(selection.source).toBe(source);
  });

  test.each<[string, PodOptions, Partial<DecisionRecord>]>([
    [
      'claims a rule that does not match',
      { ...both, annotation: recordText({ source: 'rule', rules: ['high_compute'] }) },
      { source: 'default' },
    ],
    [
      'claims a default where a rule matches',
      { ...both, ...PYTORCH, annotation: recordText({ rules: ['high_compute'] }) },
      { source: 'rule', rules: ['high_compute'] },
    ],
    [
      'names rules that do not match',
      { ...both, annotation: recordText({ rules: ['a'] }) },
      { source: 'default' },
    ],
    [
      'is of another policy',
      { ...both, annotation: recordText({ policy: '0'.repeat(12) }) },
      { source: 'default' },
    ],
    [
      'has more to say',
      { ...both, annotation: recordText({ extra: true } as object) },
      { source: 'default' },
    ],
    [
      'is written in another way',
      { ...both, annotation: ` ${recordText({})}` },
      { source: 'default' },
    ],
    [
      'names another runtime',
      { ...both, annotation: recordText({ runtime: 'gvisor' }) },
      { source: 'label' },
    ],
    ['is no record', { ...both, annotation: 'kata' }, { source: 'label' }],
    ['is empty', { ...both, annotation: '' }, { source: 'label' }],
    [
      'claims a class that is not known to be exchangeable',
      { label: 'gvisor', class: 'gvisor', annotation: recordText({ runtime: 'gvisor' }) },
      { runtime: 'gvisor', source: 'label' },
    ],
  ])('but %s is replaced', (_, options, record) => {
    const value = recordText(record);
    expect(mutate(makePod(options), CONTEXT).patch).toEqual([
      { op: 'replace', path: annotationPath, value },
    ]);
  });

  test('is removed where nothing is chosen', () => {
    const pod = makePod({ label: 'runc', annotation: recordText({}) });
    expect(mutate(pod, CONTEXT).patch).toEqual([{ op: 'remove', path: annotationPath }]);
    expect((decide(pod, CONTEXT).pod as PodLike).metadata?.annotations).toEqual({});
  });

  test('written in advance does not stand in for the label and the class', () => {
    const { patch } = mutate(makePod({ annotation: recordText({}) }), CONTEXT);
    expect(patch.map(({ path }) => path)).toEqual(['/metadata/labels', '/spec/runtimeClassName']);
  });
});

test.each([
  '',
  '{}',
  '[]',
  'null',
  '{"runtime":1}',
  '{"runtime":"a","source":"none","policy":"b"}',
  '{',
])('%j is no record', (text) => {
  expect(parseRecord(text)).toBeUndefined();
});

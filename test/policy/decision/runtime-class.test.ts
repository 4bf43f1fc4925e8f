import type { SandboxError } from '../../../base/errors';
import { exchangeClass, NO_CLASS } from '../../../policy/decision/runtime-class';
import { parseRuntimeClasses, type RuntimeClass } from '../../../policy/model/runtime-class';

const pool = (value: string) =>
  ({ key: 'pool', operator: 'Equal', value, effect: 'NoSchedule' }) as const;
const GVISOR: RuntimeClass = {
  name: 'gvisor',
  overhead: { cpu: '0.25', memory: '128Mi' },
  nodeSelector: { gvisor: 'true', arch: 'amd64' },
  tolerations: [pool('gvisor')],
};
const KATA: RuntimeClass = {
  name: 'kata',
  overhead: { memory: '320Mi' },
  nodeSelector: { kata: 'true', arch: 'amd64' },
  tolerations: [pool('kata')],
};
const GPU = { key: 'gpu', operator: 'Exists' };
/** As the API server writes what it copied from gvisor. */
const SPEC = {
  overhead: { cpu: '250m', memory: '128Mi' },
  nodeSelector: { disk: 'ssd', gvisor: 'true', arch: 'amd64' },
  tolerations: [GPU, pool('gvisor')],
};
const kataOverhead = { member: 'overhead', value: { memory: '320Mi' } };

test('all that came from the old class is replaced by all of the new, and the pod keeps its own', () => {
  expect(exchangeClass(SPEC, GVISOR, KATA)).toEqual([
    kataOverhead,
    { member: 'nodeSelector', value: { disk: 'ssd', kata: 'true', arch: 'amd64' } },
    { member: 'tolerations', value: [GPU, pool('kata')] },
  ]);
});

test('all that came from the old class is taken off where there is no new one', () => {
  expect(exchangeClass(SPEC, GVISOR, NO_CLASS)).toEqual([
    { member: 'overhead', value: undefined },
    { member: 'nodeSelector', value: { disk: 'ssd' } },
    { member: 'tolerations', value: [GPU] },
  ]);
  const brought = { nodeSelector: GVISOR.nodeSelector, tolerations: GVISOR.tolerations };
  expect(exchangeClass(brought, GVISOR, NO_CLASS)).toEqual([
    { member: 'nodeSelector', value: undefined },
    { member: 'tolerations', value: undefined },
  ]);
});

test('all of a first class is set', () => {
  expect(exchangeClass({}, NO_CLASS, KATA)).toEqual([
    kataOverhead,
    { member: 'nodeSelector', value: KATA.nodeSelector },
    { member: 'tolerations', value: KATA.tolerations },
  ]);
});

test('nothing changes where the pod has what the new class brings', () => {
  expect(exchangeClass(SPEC, GVISOR, GVISOR)).toEqual([]);
  expect(exchangeClass(SPEC, NO_CLASS, GVISOR)).toEqual([]);
  expect(exchangeClass({}, GVISOR, NO_CLASS)).toEqual([]);
});

test('an entry of another value, or a toleration that differs in one field, is the pod’s own', () => {
  const spec = {
    nodeSelector: { gvisor: 'false' },
    tolerations: [
      { ...pool('gvisor'), effect: 'NoExecute' },
      { ...pool('gvisor'), tolerationSeconds: 5 },
    ],
  };
  const { nodeSelector, tolerations } = spec;
  expect(exchangeClass(spec, GVISOR, KATA)).toEqual([
    kataOverhead,
    { member: 'nodeSelector', value: { ...nodeSelector, ...KATA.nodeSelector } },
    { member: 'tolerations', value: [...tolerations, pool('kata')] },
  ]);
});

test('an overhead of neither class cannot be exchanged', () => {
  const spec = { ...SPEC, overhead: { memory: '64Mi' } };
  expect(exchangeClass(spec, GVISOR, KATA)).toBeUndefined();
  expect(exchangeClass({ overhead: { memory: 'much' } }, GVISOR, KATA)).toBeUndefined();
});

test('a node selector that the new class contradicts cannot be exchanged', () => {
  expect(exchangeClass({ nodeSelector: { kata: 'false' } }, GVISOR, KATA)).toBeUndefined();
});

test.each<[string, object, object, object[]]>([
  ['equal', pool('kata'), pool('kata'), [pool('kata')]],
  ['every key', { operator: 'Exists' }, pool('kata'), [{ operator: 'Exists' }]],
  [
    'every value',
    { key: 'pool', operator: 'Exists' },
    pool('kata'),
    [{ key: 'pool', operator: 'Exists' }],
  ],
  [
    'narrower',
    pool('kata'),
    { key: 'pool', operator: 'Exists' },
    [{ key: 'pool', operator: 'Exists' }],
  ],
  [
    'another effect',
    { operator: 'Exists', effect: 'NoExecute' },
    pool('kata'),
    [{ operator: 'Exists', effect: 'NoExecute' }, pool('kata')],
  ],
  [
    'an implied operator',
    { key: 'a', value: 'b' },
    { key: 'a', operator: 'Equal', value: 'b' },
    [{ key: 'a', value: 'b' }],
  ],
  [
    'another implied operator',
    { key: 'a', operator: 'Equal', value: 'b' },
    { key: 'a', value: 'b' },
    [{ key: 'a', value: 'b' }],
  ],
  [
    'a shorter time',
    { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
    { key: 'a', operator: 'Exists', effect: 'NoExecute' },
    [{ key: 'a', operator: 'Exists', effect: 'NoExecute' }],
  ],
])('tolerations merge as in the API server: %s', (_, own, brought, merged) => {
  const to = { ...NO_CLASS, tolerations: [brought] };
  const found = exchangeClass({ tolerations: [own] }, NO_CLASS, to);
  const [change] = found ?? [];
  expect(change?.value ?? [own]).toEqual(merged);
});

test.each([
  undefined,
  null,
  7,
  [],
  { overhead: [], nodeSelector: 'x', tolerations: {} },
  { tolerations: [null, 7] },
])('%j is no obstacle', (spec) => {
  expect(exchangeClass(spec, GVISOR, KATA)).toContainEqual(kataOverhead);
});

describe('a list of RuntimeClasses', () => {
  test('is read with its defaults', () => {
    expect(parseRuntimeClasses([{ name: 'runc' }])).toEqual([{ ...NO_CLASS, name: 'runc' }]);
    expect(parseRuntimeClasses(JSON.parse(JSON.stringify([GVISOR, KATA])))).toEqual([GVISOR, KATA]);
  });

  test('is refused with every problem', () => {
    const problems = (value: unknown) => {
      try {
        return parseRuntimeClasses(value);
      } catch (error) {
        const { code, problems: found } = error as SandboxError;
        return [code, ...found.map(({ path }) => path)];
      }
    };
    const CODE = 'RUNTIME_CLASSES_INVALID';
    expect(problems({})).toEqual([CODE, 'runtimeClasses']);
    expect(problems([{ ...KATA, overhead: { cpu: 'much' }, extra: 1 }])).toEqual([
      CODE,
      'runtimeClasses[0].overhead.cpu',
      'runtimeClasses[0]',
    ]);
    expect(problems([KATA, GVISOR, KATA])).toEqual([CODE, 'runtimeClasses[2].name']);
  });
});

import type { z } from 'zod';
import { GvisorNodes, gvisorNodesSchema } from '../../../constructs/nodes';
import { selectionOf, type PlacedPod } from '../../../installer-src/label/node-selection';
import { chartWith, manifest } from '../expect-manifest';

const release = { version: '20260914.0', sha512: { 'x86_64/gvisor.tar.bz2': 'a'.repeat(128) } };

interface Pod extends PlacedPod {
  readonly affinity: NonNullable<PlacedPod['affinity']>;
  readonly tolerations: unknown;
}

function podOf(input: Partial<z.input<typeof gvisorNodesSchema>> = {}): Pod {
  const settings = gvisorNodesSchema.parse({ ...release, ...input });
  const chart = chartWith(
    (scope) => new GvisorNodes(scope, 'GvisorNodes', { settings, source: '' }),
  );
  return manifest(chart, 'DaemonSet', 'gvisor-installer').spec?.template?.spec as unknown as Pod;
}

const LINUX = { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] };
const STARTUP = { key: 'secure-ai.io/gvisor-runtime', operator: 'Exists', effect: 'NoSchedule' };
const inPools = (...values: string[]) => ({ key: 'secure-ai.io/pool', operator: 'In', values });
const tainted = (value: string) => ({
  key: 'secure-ai.io/pool',
  operator: 'Equal',
  value,
  effect: 'NoSchedule',
});
const requirements = ({ affinity }: Pod) => affinity.nodeAffinity;
const allOf = (...matchExpressions: object[]) => ({
  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
});

test('it runs on the nodes of pool gvisor, and no others, tainted or not', () => {
  const pod = podOf();
  expect(pod).not.toHaveProperty('nodeSelector');
  expect(requirements(pod)).toEqual(allOf(LINUX, inPools('gvisor')));
  expect(pod.tolerations).toEqual([tainted('gvisor'), STARTUP]);
});

test('it runs on the nodes of several pools', () => {
  const pod = podOf({ pools: ['light', 'batch'] });
  expect(requirements(pod)).toEqual(allOf(LINUX, inPools('light', 'batch')));
  expect(pod.tolerations).toEqual([tainted('light'), tainted('batch'), STARTUP]);
});

test.each([
  ['labels of one´s own', { disk: 'fast' }],
  ['the default of earlier versions', { 'secure-ai.io/pool': 'gvisor' }],
])('%s replace the label of the pools, whose taints stay tolerated', (_, nodeSelector) => {
  const gpu = { key: 'gpu', operator: 'Exists' as const };
  const pod = podOf({ nodeSelector, tolerations: [gpu] });
  expect(pod.nodeSelector ?? {}).toEqual(nodeSelector);
  expect(requirements(pod)).toEqual(allOf(LINUX));
  expect(pod.tolerations).toEqual([tainted('gvisor'), STARTUP, gpu]);
});

test('no pools and names that are no labels are refused', () => {
  const paths = (input: object) =>
    gvisorNodesSchema
      .safeParse({ ...release, ...input })
      .error?.issues.map(({ path }) => path.join('.'));
  expect(paths({ pools: [] })).toEqual(['pools']);
  expect(paths({ pools: ['a b'] })).toEqual(['pools.0']);
  expect(paths({ nodeSelector: { disk: 'very fast' } })).toEqual(['nodeSelector.disk']);
  expect(paths({ startupTaints: [] })).toEqual(['']);
});

test('the installer itself understands them when it decides whether to uninstall', () => {
  const linux = { 'kubernetes.io/os': 'linux' };
  const pools = podOf({ pools: ['light', 'batch'] });
  const onPool = (pool: string) => selectionOf(pools, { ...linux, 'secure-ai.io/pool': pool });
  expect(['light', 'batch', 'kata'].map(onPool)).toEqual(['selected', 'selected', 'not selected']);
  const labels = podOf({ nodeSelector: { disk: 'fast' } });
  expect(selectionOf(labels, { ...linux, disk: 'fast' })).toBe('selected');
  expect(selectionOf(labels, { ...linux, disk: 'slow' })).toBe('not selected');
});

test.each([
  ['no label at all', {}, []],
  [
    'the label that the installer sets',
    { 'secure-ai.io/gvisor-runtime': 'true' },
    ['secure-ai.io/gvisor-runtime'],
  ],
])('a nodeSelector of %s is refused', (_, nodeSelector, path) => {
  const { error } = gvisorNodesSchema.safeParse({ ...release, nodeSelector });
  expect(error?.issues.map((issue) => issue.path)).toEqual([['nodeSelector', ...path]]);
});

import { gke } from '../../../infra/clusters/gke';
import { GVISOR, KATA, platform, problemsWith, RELEASE } from './support';

// What pools and platform must agree on is the same in every cloud whose nodes an installer prepares.
const stack = {
  project: 'my-project',
  region: 'europe-west4-a',
  authorizedNetworks: ['203.0.113.7/32'],
  kataPool: { maxNodes: 3 },
  gvisorPool: { maxNodes: 3 },
};
const paths = (values: object, sandbox: ReturnType<typeof platform>) =>
  problemsWith(gke, { ...values }, sandbox).map(({ path }) => path);

const CLH = { ...KATA, name: 'clh', runtimeClassName: 'clh' };
const pool = (value: string) => ({ 'secure-ai.io/pool': value });

test.each([
  ['a runtime without a pool', { ...stack, kataPool: undefined }, platform(), ['kataPool']],
  ['a pool without a runtime', stack, platform({ runtimeList: [KATA] }), ['gvisorPool']],
  [
    'a RuntimeClass nobody brings',
    stack,
    platform({ runtimes: { gvisor: 'provided' } }),
    ['settings runtimes.gvisor'],
  ],
  ['gVisor that nobody installs', stack, platform({ nodes: {} }), ['settings nodes.gvisor']],
  [
    'Kata that nobody installs',
    stack,
    platform({ nodes: { gvisor: RELEASE, kata: { enabled: false } } }),
    ['settings nodes.kata'],
  ],
  [
    'installers on other pools',
    stack,
    platform({ nodes: { gvisor: { ...RELEASE, pools: ['light'] }, kata: { pools: ['gpu'] } } }),
    ['settings nodes.kata.pools', 'settings nodes.gvisor.pools'],
  ],
  [
    'installers on other nodes',
    stack,
    platform({
      nodes: {
        gvisor: { ...RELEASE, nodeSelector: { disk: 'fast' } },
        kata: { nodeSelector: pool('gpu') },
      },
    }),
    [
      'settings nodes.kata.nodeSelector["secure-ai.io/pool"]',
      'settings nodes.gvisor.nodeSelector.disk',
    ],
  ],
  [
    'a class that selects other nodes',
    stack,
    platform({ runtimes: { kata: { nodeSelector: pool('gpu') } } }),
    ['settings runtimes.kata.nodeSelector["secure-ai.io/pool"]'],
  ],
  [
    'a class that does not tolerate the pool',
    stack,
    platform({ runtimes: { kata: { tolerations: [] } } }),
    ['settings runtimes.kata.tolerations'],
  ],
  [
    'a second runtime on the pool of the first',
    stack,
    platform({ runtimeList: [GVISOR, KATA, CLH] }),
    ['settings runtimes.clh.tolerations'],
  ],
  [
    'a gVisor runtime of another name, whose taint the installer does not know',
    stack,
    platform({
      runtimeList: [{ ...GVISOR, name: 'light' }, KATA],
      nodes: { gvisor: { ...RELEASE, nodeSelector: pool('light') } },
    }),
    ['settings nodes.gvisor.tolerations'],
  ],
  [
    'a gVisor runtime of another name, whose pool the installer does not know',
    stack,
    platform({ runtimeList: [{ ...GVISOR, name: 'light' }, KATA] }),
    ['settings nodes.gvisor.pools'],
  ],
  [
    'a Kata installer that selects the nodes and does not tolerate their taint',
    stack,
    platform({ nodes: { gvisor: RELEASE, kata: { nodeSelector: pool('kata'), pools: ['gpu'] } } }),
    ['settings nodes.kata.tolerations'],
  ],
  [
    'an empty pool the autoscaler could not grow: label and taint come late',
    { ...stack, kataPool: { minNodes: 0 } },
    platform(),
    ['kataPool.minNodes', 'kataPool.minNodes'],
  ],
  [
    'an empty pool the autoscaler could not grow: the taint seems to stay',
    { ...stack, gvisorPool: { minNodes: 0 } },
    platform({ runtimes: { gvisor: { nodeSelector: pool('gvisor') } } }),
    ['gvisorPool.minNodes'],
  ],
])('refused: %s', (_, values, sandbox, expected) => {
  expect(paths(values, sandbox)).toEqual(expected);
});

test.each([
  { pools: ['light'] },
  { pools: ['gvisor', 'light'] },
  { nodeSelector: pool('light'), pools: ['light'] },
  { nodeSelector: pool('light'), tolerations: [{ operator: 'Exists' as const }] },
])('a gVisor runtime of another name is fine with %j', (settings) => {
  const sandbox = platform({
    runtimeList: [{ ...GVISOR, name: 'light' }, KATA],
    nodes: { gvisor: { ...RELEASE, ...settings } },
  });
  expect(paths(stack, sandbox)).toEqual([]);
});

test('an empty pool is fine where label and taint tell the autoscaler what comes', () => {
  const key = 'startup-taint.cluster-autoscaler.kubernetes.io/kata';
  const sandbox = platform({
    runtimes: { kata: { nodeSelector: pool('kata') } },
    nodes: { gvisor: RELEASE, kata: { startupTaints: [{ key, effect: 'NoSchedule' }] } },
  });
  expect(paths({ ...stack, kataPool: { minNodes: 0 } }, sandbox)).toEqual([]);
});

test.each([
  [[{ operator: 'Exists' as const }]],
  [[{ key: 'secure-ai.io/pool', operator: 'Exists' as const }]],
  [[{ key: 'secure-ai.io/pool', value: 'kata', effect: 'NoSchedule' as const }]],
])('a toleration that fits: %j', (tolerations) => {
  expect(paths(stack, platform({ runtimes: { kata: { tolerations } } }))).toEqual([]);
});

test.each([
  [[{ key: 'secure-ai.io/pool', value: 'gvisor' }]],
  [[{ key: 'secure-ai.io/pool', operator: 'Exists' as const, effect: 'NoExecute' as const }]],
  [[{ key: 'other', operator: 'Exists' as const }]],
])('a toleration that does not fit: %j', (tolerations) => {
  expect(paths(stack, platform({ runtimes: { kata: { tolerations } } }))).toEqual([
    'settings runtimes.kata.tolerations',
  ]);
});

test('every problem says what to do', () => {
  const all = problemsWith(
    gke,
    { ...stack, kataPool: { minNodes: 0, machineType: 'e2-small' }, authorizedNetworks: [] },
    platform({ nodes: {} }),
  );
  expect(all.length).toBeGreaterThan(3);
  for (const { path, reason, fix } of all) expect([path, reason, fix]).not.toContain('');
});

import { resolveRuntimeNodes } from '../../constructs/runtimes/defaults';
import { RuntimeClasses, runtimeClassesOf } from '../../constructs/runtimes/runtime-classes';
import { runtimesSchema } from '../../constructs/runtimes/schema';
import type { Runtime } from '../../policy/model/runtime-policy';
import { chartWith, expectManifest, manifests } from './expect-manifest';

const gvisor: Runtime = { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' };
const kata: Runtime = { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu-runtime-rs' };
const own: Runtime = { name: 'own', runtimeClassName: 'own', handler: 'own-handler' };

const chart = (runtimes: Runtime[], given: unknown = {}) =>
  chartWith((scope) => {
    const { nodes } = resolveRuntimeNodes(runtimes, runtimesSchema.parse(given));
    return new RuntimeClasses(scope, 'RuntimeClasses', { runtimes, nodes });
  });

const problemPaths = (runtimes: Runtime[], given: unknown) =>
  resolveRuntimeNodes(runtimes, runtimesSchema.parse(given)).problems.map(({ path }) => path);

test('a RuntimeClass for each runtime, by default', () => {
  expect(manifests(chart([gvisor, kata]))).toMatchSnapshot();
});

test('Kata on QEMU costs what kata-deploy 4.1.0 says, a lighter hypervisor less', () => {
  const fc = { ...own, handler: 'kata-fc' };
  expectManifest(chart([kata, fc])).toHave('RuntimeClass', 'kata', {
    overhead: { podFixed: { cpu: '250m', memory: '320Mi' } },
  });
  expectManifest(chart([kata, fc])).toHave('RuntimeClass', 'own', {
    overhead: { podFixed: { cpu: '250m', memory: '130Mi' } },
  });
});

test('the configuration replaces each default by itself', () => {
  const given = { gvisor: { overhead: { memory: '64Mi' }, tolerations: [{ operator: 'Exists' }] } };
  expectManifest(chart([gvisor], given)).toHave('RuntimeClass', 'gvisor', {
    overhead: { podFixed: { memory: '64Mi' } },
    scheduling: {
      nodeSelector: { 'secure-ai.io/gvisor-runtime': 'true' },
      tolerations: [{ operator: 'Exists' }],
    },
  });
});

test('a class the cluster provides is not created', () => {
  const provided = chart([gvisor, kata], { gvisor: 'provided' });
  expectManifest(provided).notToHave('RuntimeClass', 'gvisor');
  expectManifest(provided).toHave('RuntimeClass', 'kata');
});

test('the mutator is given what the API server copies into pods, of every class that is created', () => {
  const runtimes = [{ ...gvisor, runtimeClassName: 'sandbox' }, kata];
  const { nodes } = resolveRuntimeNodes(runtimes, runtimesSchema.parse({ kata: 'provided' }));
  const [created] = manifests(
    chartWith((scope) => new RuntimeClasses(scope, 'RuntimeClasses', { runtimes, nodes })),
  );
  const { overhead, scheduling } = created as unknown as {
    overhead: { podFixed: object };
    scheduling: object;
  };
  expect(runtimeClassesOf({ runtimes, nodes })).toEqual([
    { name: 'sandbox', overhead: overhead.podFixed, ...scheduling },
  ]);
});

test('a handler nothing is known about has to say what it costs and where it runs', () => {
  expect(problemPaths([own], {})).toEqual(['runtimes.own.overhead', 'runtimes.own.nodeSelector']);
  const stated = { overhead: { memory: '1Mi' }, nodeSelector: { own: 'true' } };
  expect(problemPaths([own], { own: stated })).toEqual([]);
});

test('settings for a runtime the policy does not have are a problem', () => {
  expect(problemPaths([kata], { katta: 'provided' })).toEqual(['runtimes.katta']);
});

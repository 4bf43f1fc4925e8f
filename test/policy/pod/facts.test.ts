import { podFacts } from '../../../policy/pod/facts';
import type { PodLike } from '../../../policy/pod/pod';

const CONTEXT = { namespace: 'default' };
const CPU = 10n ** 9n;

type Container = NonNullable<NonNullable<PodLike['spec']>['containers']>[number];
type Spec = NonNullable<PodLike['spec']>;

const containerFacts = (container: Container, spec: Spec = {}) =>
  podFacts({ spec: { ...spec, containers: [container] } }, CONTEXT).containers[0];

describe('a container', () => {
  test('requests what it limits where it states no request', () => {
    const resources = { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1' } };
    expect(containerFacts({ resources })?.requests).toEqual(
      new Map([
        ['cpu', CPU],
        ['memory', CPU],
      ]),
    );
  });

  test('states quantities as texts or plain numbers; anything else is not stated', () => {
    const requests = { a: '1', b: 1, c: 'one', d: null, e: {}, f: true } as object;
    const resources = { requests: requests as Record<string, string> };
    expect([...(containerFacts({ resources })?.requests.keys() ?? [])]).toEqual(['a', 'b']);
  });

  test('has the defaults of Kubernetes where it has no security context', () => {
    expect(containerFacts({})).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: true,
      readOnlyRootFilesystem: false,
      addedCapabilities: new Set(),
    });
    expect(containerFacts({})?.runAsRoot).toBeUndefined();
  });

  test.each<[string, Container['securityContext'], Spec['securityContext'], boolean | undefined]>([
    ['nothing', undefined, undefined, undefined],
    ['user 0', { runAsUser: 0 }, undefined, true],
    ['user 1000', { runAsUser: 1000 }, undefined, false],
    ['not root', { runAsNonRoot: true }, undefined, false],
    ['maybe root', { runAsNonRoot: false }, undefined, undefined],
    ['user 0 of the pod', undefined, { runAsUser: 0 }, true],
    ['its own user before the pod’s', { runAsUser: 1000 }, { runAsUser: 0 }, false],
    ['its own user 0 before the pod’s', { runAsUser: 0 }, { runAsUser: 1000 }, true],
    ['not root of the pod', undefined, { runAsNonRoot: true }, false],
    [
      'maybe root before the pod’s not root',
      { runAsNonRoot: false },
      { runAsNonRoot: true },
      undefined,
    ],
    ['user 0 of the pod and not root', { runAsNonRoot: true }, { runAsUser: 0 }, true],
  ])('with %s', (_, securityContext, podSecurity, runAsRoot) => {
    const facts = containerFacts(
      securityContext === undefined ? {} : { securityContext },
      podSecurity === undefined ? {} : { securityContext: podSecurity },
    );
    expect(facts?.runAsRoot).toBe(runAsRoot);
  });

  test('adds capabilities in any case, with or without prefix', () => {
    const capabilities = { add: ['net_admin', 'CAP_SYS_ADMIN', 'cap_bpf', 7 as unknown as string] };
    expect(containerFacts({ securityContext: { capabilities } })?.addedCapabilities).toEqual(
      new Set(['NET_ADMIN', 'SYS_ADMIN', 'BPF']),
    );
  });

  test('is known by its image as written and as parsed, the registry in lower case', () => {
    expect(containerFacts({ image: 'NVCR.io/a/b' })).toMatchObject({
      image: 'NVCR.io/a/b',
      reference: { registry: 'nvcr.io', repository: 'a/b', tag: 'latest' },
    });
    expect(containerFacts({ image: 'not an image' })?.reference).toBeUndefined();
  });
});

describe('a pod', () => {
  test('has the kinds of its volumes', () => {
    const volumes = [{ name: 'a', hostPath: {} }, { name: 'b', emptyDir: null }, { name: 'c' }, 7];
    const facts = podFacts({ spec: { volumes } }, CONTEXT);
    expect(facts.volumes).toEqual(new Set(['hostPath']));
  });

  test.each<[string, Spec, Record<string, bigint>]>([
    [
      'main containers add up',
      {
        containers: [
          { resources: { requests: { cpu: '1' } } },
          { resources: { requests: { cpu: '2' } } },
        ],
      },
      { cpu: 3n * CPU },
    ],
    [
      'a larger init container counts alone',
      {
        containers: [{ resources: { requests: { cpu: '1' } } }],
        initContainers: [
          { resources: { requests: { cpu: '5' } } },
          { resources: { requests: { cpu: '2' } } },
        ],
      },
      { cpu: 5n * CPU },
    ],
    [
      'an init container runs beside the sidecars before it',
      {
        containers: [{ resources: { requests: { cpu: '1' } } }],
        initContainers: [
          { restartPolicy: 'Always', resources: { requests: { cpu: '2' } } },
          { resources: { requests: { cpu: '5' } } },
        ],
      },
      { cpu: 7n * CPU },
    ],
    [
      'pod-level resources win, a limit standing in for a missing request',
      {
        containers: [{ resources: { requests: { cpu: '1' } } }],
        resources: { requests: { cpu: '9' }, limits: { memory: '4', 'nvidia.com/gpu': '1' } },
      },
      { cpu: 9n * CPU, memory: 4n * CPU },
    ],
    [
      'a pod-level limit does not stand in where containers request',
      {
        containers: [{ resources: { requests: { cpu: '1' } } }],
        resources: { limits: { cpu: '9' } },
      },
      { cpu: CPU },
    ],
    [
      'huge pages of containers become the pod’s',
      {
        containers: [{ resources: { limits: { 'hugepages-2Mi': '2' } } }],
        resources: { limits: { cpu: '1' } },
      },
      { 'hugepages-2Mi': 2n * CPU, cpu: CPU },
    ],
  ])('requests as a whole: %s', (_, spec, requests) => {
    expect(podFacts({ spec }, CONTEXT).requests).toEqual(new Map(Object.entries(requests)));
  });

  test('with many containers of many resources costs its size and no more', () => {
    const initContainers = Array.from({ length: 20_000 }, (_, index) => ({
      restartPolicy: 'Always',
      resources: { requests: { [`example.com/r${index}`]: '1' } },
    }));
    const start = process.cpuUsage();
    expect(podFacts({ spec: { initContainers } }, CONTEXT).requests.size).toBe(20_000);
    const { user, system } = process.cpuUsage(start);
    expect(user + system).toBeLessThan(2_000_000); // microseconds
  });
});

test.each([
  undefined,
  null,
  7,
  'pod',
  [],
  {},
  { spec: [] },
  { spec: { containers: {} }, metadata: 7 },
])('the value %j has no facts and does no harm', (value) => {
  const { displayName, containers, labels, runtimeClassName } = podFacts(value, CONTEXT);
  expect({ displayName, containers, labels, runtimeClassName }).toEqual({
    displayName: '*',
    containers: [],
    labels: new Map(),
    runtimeClassName: undefined,
  });
});

test('prototypes are never read', () => {
  const pod: unknown = Object.create({ spec: { hostNetwork: true } });
  expect(podFacts(pod, CONTEXT).hostNetwork).toBe(false);
  expect(
    podFacts({ spec: JSON.parse('{"__proto__":{"hostPID":true}}') as object }, CONTEXT).hostPID,
  ).toBe(false);
});

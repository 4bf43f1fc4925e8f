/** The guardrails: what each is closed for, what opens it, in which namespace, and what a refusal says. */
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import type { Guardrails, RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import type { PodLike } from '../../../policy/pod/pod';
import { EXAMPLE, makePod, type PodOptions } from '../fixtures';

const TEAM = { namespace: 'team-a' };

type Spec = NonNullable<PodLike['spec']>;

const withSpec = (changes: Spec, options: PodOptions = {}): PodLike => {
  const pod = makePod(options);
  return { ...pod, spec: { ...pod.spec, ...changes } };
};

function refusals(pod: unknown, changes: Partial<RuntimePolicyInput> = {}, context: object = {}) {
  const { decide } = createDecider(definePolicy({ ...EXAMPLE, ...changes }));
  return decide(pod, { ...TEAM, ...context }).denials.map(({ code, message }) => {
    expect(code).toBe('HOLLOW_SANDBOX');
    return /^Pod demo (.*), which leads around its sandbox$/.exec(message)?.[1];
  });
}

const mounting = (path: string, mounts: readonly (boolean | undefined)[] = [undefined]): PodLike =>
  withSpec({
    volumes: [{ name: 'host', hostPath: { path } }],
    containers: mounts.map((readOnly, index) => ({
      name: `c${index}`,
      image: 'nginx',
      volumeMounts: [{ name: 'host', ...(readOnly !== undefined && { readOnly }) }],
    })),
  });

const privileged: PodLike = withSpec({
  containers: [{ name: 'main', image: 'nginx', securityContext: { privileged: true } }],
});

const CLOSED: [keyof Guardrails, PodLike, string][] = [
  ['hostPaths', mounting('/etc'), 'mounts /etc of its node'],
  ['hostNetwork', withSpec({ hostNetwork: true }), 'shares the network of its node'],
  ['hostPID', withSpec({ hostPID: true }), 'shares the processes of its node'],
  ['hostIPC', withSpec({ hostIPC: true }), 'shares the memory of its node'],
  ['privileged', privileged, 'runs main privileged'],
  [
    'systemPriority',
    withSpec({ priorityClassName: 'system-node-critical' }),
    'has priority class system-node-critical',
  ],
  ['nodeName', withSpec({ nodeName: 'node-1' }), 'names node node-1'],
  [
    'sandboxAnnotations',
    { ...makePod(), metadata: { name: 'demo', annotations: { 'dev.gvisor.flag.debug': 'true' } } },
    'sets annotation dev.gvisor.flag.debug',
  ],
  ['windows', withSpec({ os: { name: 'windows' } }), 'is for Windows'],
];

test.each(CLOSED)('%s is closed until it is opened', (guardrail, pod, what) => {
  expect(refusals(pod)).toEqual([what]);
  expect(refusals(pod, { guardrails: { [guardrail]: 'deny' } })).toEqual([what]);
  expect(refusals(pod, { guardrails: { [guardrail]: 'allow' } })).toEqual([]);
});

test('each says its own sentence, none hides another', () => {
  const pod = withSpec({ hostPID: true, hostIPC: true, os: { name: 'windows' } });
  expect(refusals(pod)).toEqual([
    'is for Windows',
    'shares the memory of its node',
    'shares the processes of its node',
  ]);
});

describe('paths of the node', () => {
  const open = { guardrails: { hostPaths: { readOnly: ['/var/log', '/var/log/*', '/dev/kfd'] } } };

  test.each([
    ['/var/log', [true]],
    ['/var/log/pods', [true, true]],
    ['//var/./log/', [true]],
    ['/dev/kfd', []],
  ])('%s is open to containers that only read it', (path, mounts) => {
    expect(refusals(mounting(path, mounts), open)).toEqual([]);
  });

  test.each([
    ['/var/log', [true, undefined]],
    ['/var/log', [false]],
    ['/var/logs', [true]],
    ['/', [true]],
  ])('%s is closed to others', (path, mounts) => {
    expect(refusals(mounting(path, mounts), open)).toEqual([`mounts ${path} of its node`]);
  });

  test('names five paths and counts the others', () => {
    const volumes = ['g', 'f', 'e', 'd', 'c', 'b', 'a'].map((name) => ({
      name,
      hostPath: { path: `/${name}` },
    }));
    expect(refusals(withSpec({ volumes }))).toEqual([
      'mounts /a, /b, /c, /d, /e and 2 more of its node',
    ]);
  });

  test.each(['relative', '/a/../b', '/a//b', '/a/./b', '/a/', ''])(
    '%s cannot be opened',
    (path) => {
      const guardrails = { hostPaths: { readOnly: [path] } };
      expect(() => definePolicy({ ...EXAMPLE, guardrails })).toThrow(/absolute path/);
    },
  );
});

describe('privileged containers', () => {
  const open = { guardrails: { privileged: 'kata-only' as const } };
  const labelled = (label: string) => ({
    ...privileged,
    metadata: { name: 'demo', labels: { 'secure-ai.io/runtime': label } },
  });

  test('are open in Kata alone', () => {
    expect(refusals(labelled('kata'), open)).toEqual([]);
    expect(refusals(labelled('gvisor'), open)).toEqual(['runs main privileged']);
  });

  test('are named, ephemeral ones too', () => {
    const pod = withSpec({
      ephemeralContainers: [{ name: 'shell', securityContext: { privileged: true } }],
    });
    expect(refusals(pod)).toEqual(['runs shell privileged']);
  });
});

test('a node that the scheduler has named is no reason to refuse a stored pod', () => {
  const { validate } = createDecider(definePolicy(EXAMPLE));
  const pod = withSpec({ nodeName: 'node-1' }, { label: 'kata', class: 'kata' });
  const changed = withSpec({ nodeName: 'node-1' }, { label: 'kata', class: 'kata', image: 'x' });
  expect(validate(pod, TEAM)).toHaveLength(1);
  expect(validate(pod, { ...TEAM, isStored: true })).toEqual([]);
  expect(validate(changed, TEAM, pod)).toEqual([]);
});

describe('in the namespaces of a tenant', () => {
  const tenants = [{ namespaces: ['team-a'], guardrails: { hostPID: 'allow' as const } }];

  test('only what it names is opened, and only there', () => {
    const pod = withSpec({ hostPID: true, hostIPC: true });
    expect(refusals(pod, { tenants })).toEqual(['shares the memory of its node']);
    expect(refusals(pod, { tenants }, { namespace: 'team-b' })).toHaveLength(2);
  });

  test('what the policy opens can be closed again', () => {
    const closed = [{ namespaces: ['team-a'], guardrails: { hostPID: 'deny' as const } }];
    const guardrails = { hostPID: 'allow' as const };
    const pod = withSpec({ hostPID: true });
    expect(refusals(pod, { guardrails, tenants: closed })).toHaveLength(1);
    expect(refusals(pod, { guardrails, tenants: closed }, { namespace: 'team-b' })).toEqual([]);
  });

  test('a namespace is named once', () => {
    const twice = [...tenants, { namespaces: ['team-b', 'team-a'] }];
    expect(() => definePolicy({ ...EXAMPLE, tenants: twice })).toThrow(
      expect.objectContaining({
        problems: [
          {
            path: 'tenants[1].namespaces[1]',
            reason: 'tenants[0].namespaces[0] is "team-a" already',
            fix: 'name each namespace once',
          },
        ],
      }) as Error,
    );
  });
});

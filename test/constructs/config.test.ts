import { defineSandbox, type SandboxInput } from '../../constructs/config';
import { SandboxError } from '../../base/errors';
import shipped from '../../sandbox.config';

const policy: SandboxInput['policy'] = {
  runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
};

function failure(input: unknown): { code: string; paths: string[] } {
  try {
    defineSandbox(input as SandboxInput);
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { code: error.code, paths: error.problems.map(({ path }) => path) };
  }
  throw new Error('the configuration is accepted');
}

describe('defaults', () => {
  test('a policy is all that is needed', () => {
    const config = defineSandbox({ policy });
    expect(config.tenants).toEqual([]);
    expect(config.webhook).toEqual({
      replicas: 2,
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '528Mi' } },
      timeoutSeconds: 3,
      failurePolicy: 'Fail',
      apiServerPorts: [443, 6443],
    });
    expect(config.runtimes).toEqual({
      gvisor: {
        overhead: { cpu: '250m', memory: '128Mi' },
        nodeSelector: { 'secure-ai.io/gvisor-runtime': 'true' },
        tolerations: [
          { key: 'secure-ai.io/pool', operator: 'Equal', value: 'gvisor', effect: 'NoSchedule' },
        ],
      },
    });
  });

  test.each([
    ['audit', {}, 'Ignore'],
    ['warn', {}, 'Ignore'],
    ['deny', {}, 'Fail'],
    ['audit', { enforcement: 'deny' }, 'Fail'],
    ['deny', { enforcement: 'audit' }, 'Fail'],
  ] as const)(
    'no outage refuses what the policy does not: %s, with a tenant %j',
    (enforcement, tenant, expected) => {
      const input = {
        policy: { ...policy, enforcement },
        tenants: [{ name: 'team-a', ...tenant }],
      };
      const policiesOf = ({ webhook, gatekeeper }: ReturnType<typeof defineSandbox>) => [
        webhook.failurePolicy,
        gatekeeper.validation.failurePolicy,
      ];
      expect(policiesOf(defineSandbox(input))).toEqual([expected, expected]);
      const other = expected === 'Fail' ? 'Ignore' : 'Fail';
      const given = { failurePolicy: other } as const;
      expect(
        policiesOf(defineSandbox({ ...input, webhook: given, gatekeeper: { validation: given } })),
      ).toEqual([other, other]);
    },
  );

  test('a memory limit below what the webhook may need is refused, with the least that is not', () => {
    const withLimits = (limits: Record<string, string>) => ({
      policy,
      webhook: { resources: { limits } },
    });
    expect(() => defineSandbox(withLimits({ memory: '519Mi' }))).toThrow(
      'CONFIG_INVALID webhook.resources.limits.memory: is below the 528Mi that callers can make the webhook use. ' +
        'Fix: set it to at least 528Mi, or leave resources out',
    );
    for (const limits of [{ memory: '256Mi' }, { cpu: '1' }])
      expect(failure(withLimits(limits)).paths).toEqual(['webhook.resources.limits.memory']);
    expect(defineSandbox(withLimits({ memory: '528Mi' })).webhook.resources).toEqual({
      limits: { memory: '528Mi' },
    });
  });

  test('resources of another shape are refused with the shape they have', () => {
    const input = { policy, webhook: { resources: { cpuRequest: '1' } } } as object;
    expect(() => defineSandbox(input as SandboxInput)).toThrow(
      'CONFIG_INVALID webhook.resources: takes `requests` and `limits`, each by resource name such as `cpu`.',
    );
  });

  test('a tenant is closed, counted, and states no cpu for anybody', () => {
    const { tenants } = defineSandbox({ policy, tenants: [{ name: 'team-a' }] });
    expect(tenants).toEqual([
      {
        name: 'team-a',
        podSecurity: { enforce: 'baseline', audit: 'restricted', warn: 'restricted' },
        quota: { pods: '100', 'services.loadbalancers': '0', 'services.nodeports': '0' },
        deniedPriorityClasses: ['system-cluster-critical', 'system-node-critical'],
        limitRange: {
          default: {},
          defaultRequest: { memory: '256Mi', 'ephemeral-storage': '1Gi' },
        },
        network: { dns: true, egress: [] },
      },
    ]);
  });

  test('what a tenant says about its limit range stays', () => {
    const tenants = [
      { name: 'a', limitRange: false } as const,
      { name: 'b', limitRange: { default: { cpu: '1' } } },
    ];
    expect(defineSandbox({ policy, tenants }).tenants.map(({ limitRange }) => limitRange)).toEqual([
      false,
      { default: { cpu: '1' }, defaultRequest: {} },
    ]);
  });

  test('Gatekeeper fails closed for tenants, also when something else about it is set', () => {
    const { gatekeeper } = defineSandbox({
      policy,
      gatekeeper: {
        audit: { intervalSeconds: 30 },
        validation: { timeoutSeconds: 5 },
        mutation: { timeoutSeconds: 2 },
      },
    });
    expect(gatekeeper.mutation).toMatchObject({ enabled: false, timeoutSeconds: 2 });
    expect(gatekeeper.audit.intervalSeconds).toBe(30);
    expect(gatekeeper.validation).toMatchObject({
      failurePolicy: 'Fail',
      timeoutSeconds: 5,
      namespaceSelector: [
        { key: 'secure-ai.io/sandbox-enabled', operator: 'In', values: ['true'] },
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: ['kube-system', 'gatekeeper-system', 'kata-system', 'gvisor-system'],
        },
      ],
      objects: 'pods',
    });
  });

  test('the shipped configuration is the policy of the design', () => {
    expect(shipped.policy.runtimes.map(({ name }) => name)).toEqual(['gvisor', 'kata']);
    expect(shipped.policy.rules.map(({ title, runtime }) => [title, runtime])).toEqual([
      ['high compute', 'kata'],
      ['light model', 'gvisor'],
    ]);
    expect(shipped.policy.unlabelled).toEqual({ assign: 'kata' });
    expect(shipped.policy.required).toMatchObject([
      { namespaces: ['ai-production'], container: 'ai-model' },
    ]);
    expect(shipped.tenants.map(({ name }) => name)).toEqual(['ai-production']);
  });
});

describe('the Kata nodes', () => {
  const runtime = (name: string, handler: string) => ({ name, runtimeClassName: name, handler });
  const kata = (
    runtimes: SandboxInput['policy']['runtimes'],
    nodes?: NonNullable<SandboxInput['nodes']>['kata'],
    rest: Partial<SandboxInput> = {},
  ) => defineSandbox({ policy: { runtimes }, nodes: { kata: nodes }, ...rest }).nodes.kata;

  test('get the shims the policy has handlers of, on the pools of its runtimes', () => {
    const runtimes = [runtime('vm', 'kata-clh-runtime-rs'), runtime('strong', 'kata-qemu')];
    expect(kata(runtimes)).toMatchObject({
      shims: ['clh-runtime-rs', 'qemu'],
      defaultShim: 'clh-runtime-rs',
      pools: ['vm', 'strong'],
    });
  });

  test('are left alone where no runtime is Kata, or the cluster has its RuntimeClass', () => {
    const provided = { runtimes: { kata: 'provided' } } as const;
    expect(kata([runtime('gvisor', 'runsc')])).toBeUndefined();
    expect(kata([runtime('kata', 'kata-qemu')], undefined, provided)).toBeUndefined();
    expect(kata([runtime('kata', 'kata-qemu')], { enabled: false })).toBeUndefined();
  });

  test('can be asked for all the same', () => {
    expect(kata([runtime('gvisor', 'runsc')], { enabled: true })).toMatchObject({
      shims: ['qemu-runtime-rs'],
      pools: ['kata'],
    });
  });

  test('without a shim the policy needs are a problem, as are settings that cannot work', () => {
    const runtimes = [runtime('kata', 'kata-qemu')];
    const input = { policy: { runtimes }, nodes: { kata: { shims: ['clh'], nodeSelector: {} } } };
    expect(failure(input)).toEqual({
      code: 'CONFIG_INVALID',
      paths: ['nodes.kata.nodeSelector', 'nodes.kata.shims'],
    });
    expect(failure({ ...input, nodes: { kata: { shim: 'clh', distribution: 'k8' } } })).toEqual({
      code: 'CONFIG_INVALID',
      paths: ['nodes.kata.distribution', 'nodes.kata'],
    });
  });

  describe('cannot obey annotations that the policy refuses', () => {
    const given = (allowedAnnotations: string[], names: string[]) => {
      const kata = { ...runtime('kata', 'kata-qemu'), allowedAnnotations };
      const runtimes = [runtime('other', 'kata-clh-runtime-rs'), kata];
      const allowedHypervisorAnnotations = { qemu: names };
      return { policy: { runtimes }, nodes: { kata: { allowedHypervisorAnnotations } } };
    };
    const VCPUS = 'io.katacontainers.config.hypervisor.default_vcpus';

    test('a name that is on no list', () => {
      expect(failure(given([VCPUS], ['default_vcpus', 'kernel_params']))).toEqual({
        code: 'CONFIG_INVALID',
        paths: ['nodes.kata.allowedHypervisorAnnotations.qemu[1]'],
      });
    });

    test.each([
      [[VCPUS], ['default_vcpus']],
      [['io.katacontainers.config.hypervisor.*'], ['default_vcpus', 'kernel_params']],
      [[], []],
      // A regular expression, which is not compared.
      [[], ['default_.*']],
    ])('what %j allows: %j', (allowed, names) => {
      expect(defineSandbox(given(allowed, names)).nodes.kata).toMatchObject({
        allowedHypervisorAnnotations: { qemu: names },
      });
    });

    test('of a shim that no runtime of the policy has, everything', () => {
      const runtimes = [runtime('kata', 'kata-clh-runtime-rs')];
      const kata = {
        shims: ['clh-runtime-rs', 'qemu'] as const,
        allowedHypervisorAnnotations: { qemu: ['kernel_params'] },
      };
      expect(defineSandbox({ policy: { runtimes }, nodes: { kata } }).nodes.kata).toBeDefined();
    });
  });

  test('cannot have a handler that needs more than kata-deploy', () => {
    const runtimes = [runtime('gpu', 'kata-qemu-nvidia-gpu')];
    const stated = { overhead: { memory: '10Gi' }, nodeSelector: { gpu: 'true' } };
    const input = { policy: { runtimes }, runtimes: { gpu: stated } };
    expect(failure(input).paths).toEqual(['nodes.kata.shims']);
    expect(kata(runtimes, { enabled: false }, { runtimes: { gpu: stated } })).toBeUndefined();
  });
});

describe('a configuration that is not right', () => {
  test('of the policy alone is POLICY_INVALID, with paths below policy', () => {
    const rules = [{ name: 'r', when: { container: { name: 'x' } }, runtime: 'kata' }];
    expect(failure({ policy: { ...policy, rules } })).toEqual({
      code: 'POLICY_INVALID',
      paths: ['policy.rules[0].runtime'],
    });
  });

  test('of the policy as a whole has the path policy', () => {
    expect(failure({ policy: { ...policy, extra: 1 } })).toEqual({
      code: 'POLICY_INVALID',
      paths: ['policy'],
    });
  });

  test('without a policy is CONFIG_INVALID', () => {
    expect(failure({})).toEqual({ code: 'CONFIG_INVALID', paths: ['policy'] });
    expect(failure(undefined)).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(failure(null)).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('reports all problems of shape, and those of the policy, together', () => {
    const input = {
      policy: { runtimes: [] },
      tenants: [
        { name: 'Not A Label', quota: { pods: 'many' } },
        { name: 'b', podSecurity: { enforce: 'privileged' } },
      ],
      webhook: {
        replicas: 1,
        timeoutSeconds: 31,
        failurePolicy: 'Open',
        nodeImageDigest: 'latest',
      },
      gatekeeper: { validation: { failurePolicy: 'Open' } },
      tenent: [],
    };
    const { code, paths } = failure(input);
    expect(code).toBe('CONFIG_INVALID');
    expect(paths).toEqual(
      expect.arrayContaining([
        'policy.runtimes',
        'tenants[0].name',
        'tenants[0].quota.pods',
        'tenants[1].podSecurity.enforce',
        'webhook.replicas',
        'webhook.timeoutSeconds',
        'webhook.failurePolicy',
        'webhook.nodeImageDigest',
        'gatekeeper.validation.failurePolicy',
        'sandbox',
      ]),
    );
    expect(paths).toHaveLength(10);
  });

  test('what a tenant says of the policy is part of it, and has the same checks', () => {
    const tenants = [
      { name: 'team-a', enforcement: 'audit', guardrails: { privileged: 'kata-only' } },
      { name: 'team-b' },
      { name: 'team-c', guardrails: { hostPaths: { readOnly: ['/var/log'] } } },
    ] as const;
    const own = { namespaces: ['team-d'], enforcement: 'warn' } as const;
    const given = structuredClone(tenants) as never as SandboxInput['tenants'];
    const config = defineSandbox({
      policy: { ...policy, tenants: [{ ...own, namespaces: ['team-d'] }] },
      tenants: given,
    });
    expect(config.policy.tenants).toEqual([
      own,
      { namespaces: ['team-a'], enforcement: 'audit', guardrails: { privileged: 'kata-only' } },
      {
        namespaces: ['team-c'],
        guardrails: { hostPaths: { readOnly: ['/var/log'], otherwise: 'deny' } },
      },
    ]);
    expect(JSON.parse(JSON.stringify(config.policy))).toEqual(config.policy);
    const wrong = [
      { name: 'a', enforcement: 'dryrun' },
      { name: 'b', guardrails: { hostPID: 'kata-only', hostPath: 'allow' } },
    ];
    expect(failure({ policy, tenants: wrong })).toEqual({
      code: 'CONFIG_INVALID',
      paths: ['tenants[0].enforcement', 'tenants[1].guardrails.hostPID', 'tenants[1].guardrails'],
    });
  });

  test('a namespace of which the policy and a tenant both say something has two masters', () => {
    const tenants = [
      { name: 'team-a', enforcement: 'audit', guardrails: { hostPID: 'warn' } },
      { name: 'team-b' },
      { name: 'team-c', guardrails: {} },
    ];
    const named = { namespaces: ['x', 'team-a', 'team-b', 'team-c'], enforcement: 'warn' };
    expect(failure({ policy: { ...policy, tenants: [named] }, tenants })).toEqual({
      code: 'CONFIG_INVALID',
      paths: ['tenants[0].enforcement', 'tenants[0].guardrails', 'tenants[2].guardrails'],
    });
  });

  test('reports all problems of meaning together', () => {
    const input = {
      policy,
      tenants: [
        { name: 'a' },
        { name: 'a' },
        { name: 'kube-system' },
        { name: 'gatekeeper-system' },
        { name: 'default' },
      ],
      runtimes: { kata: 'provided', gvisor: { overhead: {} } },
      webhook: { image: 'mutator' },
    };
    expect(failure(input)).toEqual({
      code: 'CONFIG_INVALID',
      paths: [
        'tenants[1].name',
        'tenants[2].name',
        'tenants[3].name',
        'tenants[4].name',
        'runtimes.kata',
        'runtimes.gvisor.overhead',
        'webhook.image',
      ],
    });
  });

  test('a requirement for an exempt namespace would hold nothing', () => {
    const required = ['kata-system', 'team-a', 'kube-system'].map((name) => ({
      namespaces: ['team-b', name],
      container: 'model',
      runtime: 'gvisor',
    }));
    expect(failure({ policy: { ...policy, required } }).paths).toEqual([
      'policy.required[0].namespaces',
      'policy.required[2].namespaces',
    ]);
  });

  test.each(['mutator', 'mutator:latest', 'registry.example.org/m', 'UPPER:1'])(
    'webhook.image %s does not say which image it is',
    (image) => {
      expect(failure({ policy, webhook: { image } }).paths).toEqual(['webhook.image']);
    },
  );

  test('webhook.nodeImageDigest has no meaning for an own image', () => {
    const webhook = { image: 'm:1', nodeImageDigest: `sha256:${'0'.repeat(64)}` };
    expect(failure({ policy, webhook }).paths).toEqual(['webhook.nodeImageDigest']);
  });
});

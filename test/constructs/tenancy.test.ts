import fc from 'fast-check';
import { contains, parseCidr, type Cidr } from '../../constructs/tenancy/cidr';
import { defaultLimitRange } from '../../constructs/tenancy/limit-range';
import { PlatformNamespaces } from '../../constructs/tenancy/platform-namespaces';
import { tenantSchema } from '../../constructs/tenancy/schema';
import { Tenant } from '../../constructs/tenancy/tenant';
import { mergeTenantPolicies, resolveTenant } from '../../constructs/tenancy/tenant-policy';
import type { z } from 'zod';
import { definePolicy } from '../../policy/model/define';
import type { Condition } from '../../policy/model/runtime-policy';
import { stringAt } from '../../kubernetes/object';
import { chartWith, expectManifest, manifest, manifests } from './expect-manifest';

const policy = definePolicy({
  runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
});

const tenant = (input: Omit<z.input<typeof tenantSchema>, 'name'> = {}) => {
  const parsed = tenantSchema.parse({ name: 'team-a', limitRange: false, ...input });
  const merged = mergeTenantPolicies(policy, [parsed]);
  return chartWith((scope) => new Tenant(scope, 'Tenant', resolveTenant(parsed, merged.policy)));
};

const policyWith = (when: Condition) =>
  definePolicy({
    runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
    rules: [{ name: 'rule', when, runtime: 'gvisor' }],
  });

describe('a tenant', () => {
  test('by default', () => {
    expect(manifests(tenant())).toMatchSnapshot();
  });

  test('its namespace turns the platform on and enforces Pod Security', () => {
    expectManifest(tenant({ podSecurity: { enforce: 'restricted' } })).toHave(
      'Namespace',
      'team-a',
      {
        metadata: {
          labels: {
            'secure-ai.io/sandbox-enabled': 'true',
            'pod-security.kubernetes.io/enforce': 'restricted',
            'pod-security.kubernetes.io/warn': 'restricted',
          },
        },
      },
    );
  });

  test('its quota and limit range can be left out', () => {
    const chart = tenant({ quota: false, limitRange: false });
    expectManifest(chart).notToHave('ResourceQuota', 'quota');
    expectManifest(chart).notToHave('LimitRange', 'container-defaults');
  });

  test('its limit range has the members it is given', () => {
    const limits = (chart: ReturnType<typeof tenant>) =>
      manifest(chart, 'LimitRange', 'container-defaults').spec;
    expect(limits(tenant({ limitRange: { default: { memory: '4Gi' } } }))).toEqual({
      limits: [{ type: 'Container', default: { memory: '4Gi' } }],
    });
    expect(limits(tenant({ limitRange: { defaultRequest: { memory: '1Gi' } } }))).toEqual({
      limits: [{ type: 'Container', defaultRequest: { memory: '1Gi' } }],
    });
  });

  test('its quota takes extended resources', () => {
    expectManifest(tenant({ quota: { 'requests.nvidia.com/gpu': '8' } })).toHave(
      'ResourceQuota',
      'quota',
      {
        spec: { hard: { 'requests.nvidia.com/gpu': '8' } },
      },
    );
  });

  test('its network is closed in both directions', () => {
    const chart = tenant({ network: { dns: false } });
    expectManifest(chart).toHave('NetworkPolicy', 'default-deny', {
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
    expect(manifest(chart, 'NetworkPolicy', 'default-deny').spec).not.toHaveProperty('egress');
    expectManifest(chart).notToHave('NetworkPolicy', 'allow-dns');
    expectManifest(chart).notToHave('NetworkPolicy', 'allow-egress');
  });

  test.each([
    ['0.0.0.0/0', ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32']],
    ['169.0.0.0/8', ['169.254.0.0/16']],
    ['168.63.129.0/24', ['168.63.129.16/32']],
    ['100.64.0.0/10', ['100.100.100.200/32']],
    ['::/0', ['fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128', 'fe80::/10']],
    ['fd00::/8', ['fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128']],
    ['10.0.0.0/8', undefined],
    ['169.253.0.0/16', undefined],
    ['fd00:1::/32', undefined],
  ])('opening %s excepts the metadata addresses in it', (cidr, except) => {
    const { spec } = manifest(
      tenant({ network: { egress: [{ cidr }] } }),
      'NetworkPolicy',
      'allow-egress',
    );
    expect(spec).toMatchObject({ egress: [{ to: [{ ipBlock: { cidr } }] }] });
    const ipBlock = { cidr, ...(except && { except }) };
    expect(spec).toHaveProperty('egress', [{ to: [{ ipBlock }] }]);
  });

  test('egress can be narrowed to ports', () => {
    const egress = [{ cidr: '10.1.0.0/16', ports: [{ port: 443 }] }];
    expectManifest(tenant({ network: { egress } })).toHave('NetworkPolicy', 'allow-egress', {
      spec: { egress: [{ ports: [{ port: 443, protocol: 'TCP' }] }] },
    });
  });

  test.each([
    '169.254.169.254/32',
    '169.254.170.0/24',
    '169.254.0.0/16',
    '168.63.129.16/32',
    '100.100.100.200/32',
    'fd00:ec2::254/128',
    'fd00:ec2::23/128',
    'fe80::1/64',
    '10.0.0.0',
    '10.0.0.0/33',
    'example.org',
  ])('egress to %s is refused', (cidr) => {
    const { success } = tenantSchema.safeParse({ name: 'a', network: { egress: [{ cidr }] } });
    expect(success).toBe(false);
  });

  test('no pod in it has a priority class of the system, or one that is listed', () => {
    const spec = (values: readonly string[]) => ({
      hard: { pods: '0' },
      scopeSelector: { matchExpressions: [{ operator: 'In', scopeName: 'PriorityClass', values }] },
    });
    const system = ['system-cluster-critical', 'system-node-critical'];
    const quota = (input: Parameters<typeof tenant>[0]) =>
      manifest(tenant(input), 'ResourceQuota', 'denied-priority-classes').spec;
    expect(quota({ quota: false })).toEqual(spec(system));
    expect(quota({ deniedPriorityClasses: ['platform', 'system-node-critical'] })).toEqual(
      spec([...system, 'platform']),
    );
  });

  describe('under a policy that admits what Kubernetes would refuse', () => {
    const level = (input: Parameters<typeof tenant>[0]) => {
      const { metadata } = manifest(tenant(input), 'Namespace', 'team-a');
      return ['enforce', 'audit', 'warn'].map((mode) =>
        stringAt(metadata, 'labels', `pod-security.kubernetes.io/${mode}`),
      );
    };

    test.each([
      ['is only warned', { enforcement: 'warn' }],
      ['is only audited', { enforcement: 'audit' }],
      ['may use the network of its node', { guardrails: { hostNetwork: 'allow' } }],
      ['is only warned of the processes of its node', { guardrails: { hostPID: 'warn' } }],
      ['is only audited for the memory of its node', { guardrails: { hostIPC: 'audit' } }],
      ['may read some paths', { guardrails: { hostPaths: { readOnly: ['/var/log'] } } }],
      ['may be privileged in Kata', { guardrails: { privileged: 'kata-only' } }],
    ] as const)(
      'Pod Security still warns and audits, and refuses nothing where it %s',
      (_, input) => {
        const given = input as Parameters<typeof tenant>[0];
        expect(level(given)).toEqual(['privileged', 'restricted', 'restricted']);
        expect(level({ ...given, podSecurity: { enforce: 'baseline' } })[0]).toBe('baseline');
      },
    );

    test('another guardrail contradicts no level', () => {
      const guardrails = { nodeName: 'allow', windows: 'warn', systemPriority: 'allow' } as const;
      expect(level({ guardrails })).toEqual(['baseline', 'restricted', 'restricted']);
    });

    test.each([
      ['opens them', { guardrails: { systemPriority: 'allow' } }],
      ['warns of them', { guardrails: { systemPriority: 'warn' } }],
      ['only audits', { enforcement: 'audit' }],
    ] as const)('no quota denies the classes of the system where the policy %s', (_, input) => {
      const given = input as Parameters<typeof tenant>[0];
      expectManifest(tenant(given)).notToHave('ResourceQuota', 'denied-priority-classes');
      const { spec } = manifest(
        tenant({ ...given, deniedPriorityClasses: ['platform'] }),
        'ResourceQuota',
        'denied-priority-classes',
      );
      expect(spec).toMatchObject({
        scopeSelector: { matchExpressions: [{ values: ['platform'] }] },
      });
    });
  });

  test('everything in it depends on its namespace', () => {
    const [first, ...rest] = manifests(tenant()).map(({ kind }) => kind);
    expect(first).toBe('Namespace');
    expect(rest).not.toContain('Namespace');
  });
});

describe('the default limit range', () => {
  test('never states cpu, so that a rule about cpu sees what the author wrote', () => {
    const cpu = defaultLimitRange(policyWith({ container: { requests: { cpu: { gt: '4' } } } }));
    expect(cpu).toEqual({
      default: {},
      defaultRequest: { memory: '256Mi', 'ephemeral-storage': '1Gi' },
    });
  });

  test.each<[string, Condition]>([
    ['a request', { container: { requests: { memory: { gt: '1Gi' } } } }],
    ['a limit', { container: { limits: { memory: { gt: '1Gi' } } } }],
    ['a request of the pod', { pod: { requests: { memory: { gt: '1Gi' } } } }],
    [
      'a nested condition',
      { any: [{ not: { all: [{ pod: { limits: { memory: { exists: true } } } }] } }] },
    ],
    [
      'a condition nested inside a container',
      { container: { any: [{ name: 'a' }, { not: { requests: { memory: { gt: '1Gi' } } } }] } },
    ],
    ['a request of every container', { everyContainer: { requests: { memory: { gt: '1Gi' } } } }],
    ['one that a glob stands for', { container: { limits: { 'mem*': { exists: true } } } }],
  ])('leaves out a resource that a rule compares as %s', (_, when) => {
    expect(defaultLimitRange(policyWith(when))).toEqual({
      default: {},
      defaultRequest: { 'ephemeral-storage': '1Gi' },
    });
  });

  test('is none where rules compare all of it', () => {
    const when = { pod: { requests: { memory: { gt: '1' }, 'ephemeral-storage': { gt: '1' } } } };
    expect(defaultLimitRange(policyWith(when))).toBe(false);
  });
});

test('the namespaces of node installers are privileged', () => {
  const chart = chartWith((scope) => new PlatformNamespaces(scope, 'Namespaces'));
  for (const name of ['kata-system', 'gvisor-system']) {
    expectManifest(chart).toHave('Namespace', name, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    });
  }
});

describe('address ranges', () => {
  const ipv4Cidr = fc
    .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
    .map(([a, p]) => `${a}/${p}`);
  const ipv6Cidr = fc
    .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
    .map(([a, p]) => `${a}/${p}`);

  const read = (text: string): Cidr => {
    const range = parseCidr(text);
    if (range === undefined) throw new Error(`${text} is not read`);
    return range;
  };

  const excepted = (cidr: string): readonly string[] => {
    const { spec } = manifest(
      tenant({ network: { egress: [{ cidr }] } }),
      'NetworkPolicy',
      'allow-egress',
    );
    const { egress } = spec as unknown as {
      egress: [{ to: [{ ipBlock: { except?: readonly string[] } }] }];
    };
    return egress[0].to[0].ipBlock.except ?? [];
  };

  test('every range contains itself, and all of its family lies in the whole', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4Cidr, ipv6Cidr), (text) => {
        const range = parseCidr(text);
        const whole = parseCidr(range?.family === 'ipv4' ? '0.0.0.0/0' : '::/0');
        if (range === undefined || whole === undefined) throw new Error(`${text} is not read`);
        expect([contains(range, range), contains(whole, range)]).toEqual([true, true]);
      }),
    );
  });

  test('no egress that is accepted reaches a metadata address, and nothing else is taken from it', () => {
    const metadata = [
      '169.254.0.0/16',
      '100.100.100.200/32',
      '168.63.129.16/32',
      'fd00:ec2::254/128',
      'fd00:ec2::23/128',
      'fd20:ce::254/128',
      'fe80::/10',
    ].map(read);
    // Around and inside the metadata ranges too, where random ones seldom fall.
    const near = fc
      .tuple(fc.constantFrom(...metadata), fc.nat({ max: 128 }))
      .map(
        ([{ address, family }, length]) => `${address}/${family === 'ipv4' ? length % 33 : length}`,
      );
    fc.assert(
      fc.property(fc.oneof(ipv4Cidr, ipv6Cidr, near), (cidr) => {
        const input = { name: 'a', network: { egress: [{ cidr }] } };
        const refused = !tenantSchema.safeParse(input).success;
        const range = read(cidr);
        expect(refused).toBe(metadata.some((one) => contains(one, range)));
        if (refused) return;
        const except = excepted(cidr).map(read);
        const reachable = metadata.filter(
          (one) => contains(range, one) && !except.some((hole) => contains(hole, one)),
        );
        expect(reachable).toEqual([]);
        // Kubernetes wants strict subsets (ValidateIPBlock, pkg/apis/networking/validation, v1.36.3).
        for (const hole of except) {
          expect(contains(range, hole) && hole.prefixLength > range.prefixLength).toBe(true);
          expect(metadata.some((one) => contains(one, hole))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a range holds no wider one and none of the other family', () => {
    expect(contains(read('10.0.0.0/16'), read('10.0.0.0/8'))).toBe(false);
    expect(contains(read('0.0.0.0/0'), read('::1/128'))).toBe(false);
    expect(contains(read('10.0.0.0/8'), read('11.0.0.0/16'))).toBe(false);
  });
});

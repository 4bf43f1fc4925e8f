import { definePolicy } from '../../../../policy/model/define';
import { constraints, constraintTemplates } from '../../../../policy/engines/rego';
import type { RuntimePolicy, RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import { ENABLED_LABEL, RUNTIME_LABEL } from '../../../../base/names';
import { buildGator, gatorTest } from './gator';

const BUILD_TIMEOUT_MILLISECONDS = 600_000;

const runtimes = [
  { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
  { name: 'kata', runtimeClassName: 'kata-qemu', handler: 'kata-qemu' },
  { name: 'kata-cc', runtimeClassName: 'kata-cc', handler: 'kata-qemu-snp' },
];

const policy = (input: Omit<RuntimePolicyInput, 'runtimes'>) =>
  definePolicy({ runtimes, ...input });

const namespaces = ['ai-production', 'team-a', 'elsewhere'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: name === 'elsewhere' ? {} : { [ENABLED_LABEL]: 'true' } },
}));

interface Example {
  readonly namespace?: string;
  readonly label?: string;
  readonly annotations?: readonly string[];
  readonly spec: object;
}

/** What Gatekeeper says of the pod, which is named `pod`, without the hints. */
async function messages(of: RuntimePolicy, example: Example) {
  const { namespace = 'ai-production', label, spec } = example;
  const labels = label === undefined ? {} : { [RUNTIME_LABEL]: label };
  const annotations = Object.fromEntries((example.annotations ?? []).map((key) => [key, 'true']));
  const metadata = { name: 'pod', namespace, labels, annotations };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  const said = await gatorTest([...constraintTemplates(), ...constraints(of), ...namespaces, pod]);
  return said.map(
    ({ constraint, code, message }) => `[${constraint}] ${code}: ${message.split('. ')[0]}`,
  );
}

function container(members: object): object {
  return { containers: [{ name: 'main', image: 'model', ...members }] };
}

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

describe('quantities are compared as quantities', () => {
  const moreThanFour = policy({
    rules: [
      {
        name: 'high_compute',
        when: { container: { requests: { cpu: { gt: '4' } } } },
        runtime: 'kata',
      },
    ],
    unlabelled: 'ignore',
  });
  const refusal =
    '[enforce-dynamic-ai-runtime] RULE_VIOLATED: Workload pod with high compute requires runtime kata';

  test.each(['10', '4001m', '4.000000001', '1e1', '5000000u', '1Ki'])(
    '%s is more than 4',
    async (cpu) => {
      const spec = container({ resources: { requests: { cpu } } });
      expect(await messages(moreThanFour, { spec })).toEqual([refusal]);
    },
  );

  test.each(['4', '4000m', '3999m', '0.5', '-10', 'four'])('%s is not more than 4', async (cpu) => {
    const spec = container({ resources: { requests: { cpu } } });
    expect(await messages(moreThanFour, { spec })).toEqual([]);
  });
});

describe('rules', () => {
  test('a weaker rule has no say in whether a stronger runtime will do', async () => {
    const when = { container: { name: 'main' } };
    const mixed = policy({
      rules: [
        { name: 'weak', when, runtime: 'gvisor', enforce: 'exactly' },
        { name: 'strong', when, runtime: 'kata', enforce: 'atLeast' },
      ],
    });
    const spec = container({});
    expect(
      await messages(mixed, { label: 'kata-cc', spec: { ...spec, runtimeClassName: 'kata-cc' } }),
    ).toEqual([]);
    expect(
      await messages(mixed, { label: 'gvisor', spec: { ...spec, runtimeClassName: 'gvisor' } }),
    ).toEqual([
      '[enforce-dynamic-ai-runtime] RULE_VIOLATED: Workload pod with strong requires runtime kata',
    ]);
  });
});

describe('a required container', () => {
  const required = policy({
    required: [{ namespaces: ['ai-production'], container: 'main', runtime: 'kata' }],
    unlabelled: 'deny',
  });

  test('needs the label in the namespace of the requirement', async () => {
    expect(await messages(required, { spec: container({}) })).toEqual([
      `[enforce-kata-label] LABEL_REQUIRED: Pod pod requires label ${RUNTIME_LABEL} to use runtime kata`,
    ]);
  });

  test('is like any other elsewhere', async () => {
    expect(await messages(required, { namespace: 'team-a', spec: container({}) })).toEqual([
      '[enforce-sandbox] UNSANDBOXED: Pod pod in namespace team-a would run outside a sandbox',
    ]);
  });

  test('needs nothing in a namespace that does not take part', async () => {
    expect(await messages(required, { namespace: 'elsewhere', spec: container({}) })).toEqual([]);
  });
});

describe('label and class', () => {
  const bare = policy({});

  test('must be known', async () => {
    const spec = { ...container({}), runtimeClassName: 'runc' };
    expect(await messages(bare, { label: 'docker', spec })).toEqual(
      expect.arrayContaining([
        '[enforce-sandbox] UNKNOWN_RUNTIME: Pod pod asks for runtime docker, which is not one of gvisor, kata, kata-cc',
        '[enforce-sandbox] UNKNOWN_CLASS: Pod pod uses runtimeClassName runc, which is not one of gvisor, kata-qemu, kata-cc',
      ]),
    );
  });

  test.each([
    ['gvisor', 'gvisor'],
    [undefined, 'none'],
  ])('must name the same sandbox: class %s', async (runtimeClassName, shown) => {
    const spec = { ...container({}), ...(runtimeClassName && { runtimeClassName }) };
    expect(await messages(bare, { label: 'kata', spec })).toEqual([
      `[enforce-sandbox] CLASS_MISMATCH: Pod pod has runtime label kata but runtimeClassName ${shown}`,
    ]);
  });
});

describe('annotations of the sandbox', () => {
  const VCPUS = 'io.katacontainers.config.hypervisor.default_vcpus';
  const IOMMU = 'io.katacontainers.config.hypervisor.enable_iommu';
  const allowing = definePolicy({
    runtimes: [
      runtimes[0],
      {
        ...runtimes[1],
        allowedAnnotations: [VCPUS, 'io.katacontainers.config.agent.*'],
      },
    ] as RuntimePolicyInput['runtimes'],
  });
  const kata = (annotations: readonly string[]) => ({
    label: 'kata',
    annotations,
    spec: { ...container({}), runtimeClassName: 'kata-qemu' },
  });
  const hollow = (what: string) => [
    `[enforce-sandbox] HOLLOW_SANDBOX: Pod pod sets ${what}, which leads around its sandbox`,
  ];

  test.each([
    [[], []],
    [[VCPUS, 'io.katacontainers.config.agent.kernel_modules', 'example.com/note'], []],
    [[IOMMU], hollow(`annotation ${IOMMU}`)],
    [['dev.gvisor.flag.debug', VCPUS], hollow('annotation dev.gvisor.flag.debug')],
    [
      [...'hgfedcba'].map((letter) => `dev.gvisor.${letter}`),
      hollow(
        'annotations dev.gvisor.a, dev.gvisor.b, dev.gvisor.c, dev.gvisor.d, dev.gvisor.e and 3 more',
      ),
    ],
  ])('of a pod of the runtime that allows some: %j', async (annotations, said) => {
    expect(await messages(allowing, kata(annotations))).toEqual(said);
  });

  test('what one runtime allows another does not', async () => {
    const spec = { ...container({}), runtimeClassName: 'gvisor' };
    expect(await messages(allowing, { label: 'gvisor', annotations: [VCPUS], spec })).toEqual(
      hollow(`annotation ${VCPUS}`),
    );
  });

  test('a pod in no sandbox has none, and UNSANDBOXED nothing to add', async () => {
    const pod = { annotations: [VCPUS], spec: container({}) };
    expect(await messages(allowing, pod)).toEqual(hollow(`annotation ${VCPUS}`));
  });
});

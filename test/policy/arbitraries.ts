/** Random policies and pods over one small vocabulary, so that rules match often and for many reasons. */
import * as fc from 'fast-check';
import type { RuntimePolicyInput } from '../../policy/model/runtime-policy';
import type { PodLike } from '../../policy/pod/pod';

type RuleInput = NonNullable<RuntimePolicyInput['rules']>[number];
type ConditionInput = RuleInput['when'];
type ContainerInput = NonNullable<ConditionInput['container']>;
type PodInput = NonNullable<ConditionInput['pod']>;

export const RUNTIMES = [
  { name: 'gvisor', runtimeClassName: 'gvisor-class', handler: 'runsc' },
  { name: 'firecracker', runtimeClassName: 'kata-fc', handler: 'kata-fc' },
  {
    name: 'kata',
    runtimeClassName: 'kata-qemu',
    handler: 'kata-qemu',
    allowedAnnotations: ['io.katacontainers.config.hypervisor.default_*'],
  },
];
/** The first is allowed to pods of the runtime kata; none of the others to any. */
export const SANDBOX_ANNOTATIONS = [
  'io.katacontainers.config.hypervisor.default_vcpus',
  'io.katacontainers.config.runtime.disable_new_netns',
  'io.katacontainers.config_path',
  'dev.gvisor.flag.debug',
];
export const CONTEXT = { namespace: 'ai-production' };

const NAMES = ['ai-model', 'main', 'init'];
const IMAGES = [
  'pytorch/pytorch:2.4',
  'ghcr.io/team-a/pytorch-scikit',
  'scikit',
  'NVCR.io/nvidia/tritonserver:24.01',
  `ghcr.io/team-b/model@sha256:${'0'.repeat(64)}`,
  'not an image pytorch',
];
const LITERALS = ['pytorch', 'scikit', 'torch', 'kit', 'team-', 'o', 'pytorch-scikit', 'nvidia'];
const GLOBS = [
  '*',
  '*team*',
  'ghcr.io',
  'GHCR.io',
  'nvcr.io',
  'docker.io',
  '*/pytorch*',
  'latest',
  '2*',
  'sha256:*0',
];
const QUANTITIES = ['0', '500m', '1', '1.5', '2', '4', '8', '1Gi', '1G', '1e3', '-1'];
const RESOURCES = ['cpu', 'memory', 'nvidia.com/gpu', 'hugepages-2Mi'];
const KEYS = ['team', 'example.com/tier', 'constructor'];
const VALUES = ['red', 'blue', 'redder'];

const from = <T>(values: readonly T[]) => fc.constantFrom(...values);
const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const notEmpty = <T extends object>(arbitrary: fc.Arbitrary<T>) =>
  arbitrary.filter((value) => Object.keys(value).length > 0);
const dictionary = <V>(keys: readonly string[], value: fc.Arbitrary<V>) =>
  fc.dictionary(from(keys), value, { minKeys: 1, maxKeys: 2 });

/** Whether only conditions are made that stay true when a pod asks for more: no `not`, no upper bounds, nothing about absence. */
interface Options {
  readonly positive: boolean;
}

function containerCondition({ positive }: Options): fc.Arbitrary<ContainerInput> {
  const comparison = positive ? ['gt', 'gte'] : ['gt', 'gte', 'lt', 'lte'];
  const bounds = fc.dictionary(from(comparison), from(QUANTITIES), { minKeys: 1, maxKeys: 2 });
  const exists = fc.record({ exists: positive ? fc.constant(true) : fc.boolean() });
  const resources = dictionary(RESOURCES, fc.oneof(bounds, exists));
  const flag = positive ? fc.constant(true) : fc.boolean();
  return notEmpty(
    optional({
      name: fc.oneof(from(NAMES), from(['*', 'a*'])),
      image: notEmpty(
        optional({
          contains: from(LITERALS),
          registry: from(GLOBS),
          repository: from(GLOBS),
          tag: from(GLOBS),
          digest: from(GLOBS),
        }),
      ),
      requests: resources,
      limits: resources,
      securityContext: notEmpty(
        optional({
          privileged: flag,
          runAsRoot: flag,
          addsCapability: from(['NET_ADMIN', 'cap_sys_admin', 'ALL']),
          allowPrivilegeEscalation: flag,
          ...(positive ? {} : { readOnlyRootFilesystem: fc.boolean() }),
        }),
      ),
    }),
  );
}

function podCondition({ positive }: Options): fc.Arbitrary<PodInput> {
  const texts = positive
    ? from(VALUES)
    : fc.oneof(from(VALUES), from(['red*', '*']), fc.record({ exists: fc.boolean() }));
  const resources = dictionary(
    RESOURCES,
    fc.dictionary(from(positive ? ['gt', 'gte'] : ['gt', 'lte']), from(QUANTITIES), { minKeys: 1 }),
  );
  const flag = positive ? fc.constant(true) : fc.boolean();
  return notEmpty(
    optional({
      namespace: from(['ai-production', 'ai-*', 'other', '*']),
      labels: dictionary(KEYS, texts),
      annotations: dictionary(KEYS, texts),
      serviceAccountName: from(['default', 'd*', 'other']),
      hostNetwork: flag,
      hostPID: flag,
      hostIPC: flag,
      volumes: fc.array(from(['hostPath', 'emptyDir']), { minLength: 1, maxLength: 2 }),
      requests: resources,
      limits: resources,
    }),
  );
}

function conditions(options: Options): fc.Arbitrary<ConditionInput> {
  const { condition } = fc.letrec<{ condition: ConditionInput }>((tie) => {
    const inner = fc.array(tie('condition'), { minLength: 1, maxLength: 3 });
    const leaf = fc.oneof(
      { weight: 3, arbitrary: fc.record({ container: containerCondition(options) }) },
      { weight: 1, arbitrary: fc.record({ pod: podCondition(options) }) },
      fc.record({ container: containerCondition(options), pod: podCondition(options) }),
    );
    const positive = [fc.record({ all: inner }), fc.record({ any: inner })];
    const negative = [
      fc.record({ not: tie('condition') }),
      fc.record({ any: inner, not: tie('condition'), container: containerCondition(options) }),
    ];
    return {
      condition: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'condition' },
        leaf,
        ...positive,
        ...(options.positive ? [] : negative),
      ),
    };
  });
  return condition;
}

export function policies(options: Options = { positive: false }): fc.Arbitrary<RuntimePolicyInput> {
  const runtime = from(RUNTIMES.map(({ name }) => name));
  const rule = fc.record({
    when: conditions(options),
    runtime,
    enforce: from(['exactly', 'atLeast'] as const),
  });
  const requirement = fc.record({
    namespaces: from(['ai-production', 'other']).map((namespace) => [namespace]),
    container: from(NAMES),
    runtime,
    enforce: from(['present', 'exactly', 'atLeast'] as const),
  });
  return fc.record({
    runtimes: fc.constant(RUNTIMES),
    rules: fc
      .array(rule, { maxLength: 6 })
      .map((rules) => rules.map((members, index) => ({ name: `rule-${index}`, ...members }))),
    required: fc.array(requirement, { maxLength: 2 }),
    unlabelled: fc.oneof(
      runtime.map((assign) => ({ assign })),
      from(['deny', 'ignore'] as const),
    ),
  });
}

const resourceList = fc.dictionary(from(RESOURCES), from(QUANTITIES), { maxKeys: 3 });
const resources = optional({ requests: resourceList, limits: resourceList });

export const containers = optional({
  name: from(NAMES),
  image: from(IMAGES),
  resources,
  restartPolicy: fc.constant('Always'),
  securityContext: optional({
    privileged: fc.boolean(),
    runAsUser: from([0, 1000]),
    runAsNonRoot: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    readOnlyRootFilesystem: fc.boolean(),
    capabilities: fc.record({
      add: fc.array(from(['NET_ADMIN', 'CAP_NET_ADMIN', 'SYS_ADMIN', 'ALL']), { maxLength: 2 }),
    }),
  }),
});

const texts = fc.dictionary(from(KEYS), from(VALUES));
const annotations = fc.oneof(
  { weight: 3, arbitrary: texts },
  {
    weight: 1,
    arbitrary: fc.dictionary(from([...KEYS, ...SANDBOX_ANNOTATIONS]), from(VALUES), { maxKeys: 2 }),
  },
);

/** Pods with every kind of label and class: none, known, unknown, empty. */
export const pods = fc.record({
  metadata: fc
    .tuple(
      optional({
        name: fc.constant('pod'),
        generateName: fc.constant('pod-'),
        labels: texts,
        annotations,
      }),
      fc.option(from(['gvisor', 'firecracker', 'kata', 'runc', '']), { nil: undefined }),
    )
    .map(([metadata, label]) =>
      label === undefined
        ? metadata
        : { ...metadata, labels: { ...metadata.labels, 'secure-ai.io/runtime': label } },
    ),
  spec: optional({
    runtimeClassName: from(['gvisor-class', 'kata-fc', 'kata-qemu', 'runc', '']),
    serviceAccountName: from(['default', 'other']),
    hostNetwork: fc.boolean(),
    hostPID: fc.boolean(),
    hostIPC: fc.boolean(),
    securityContext: optional({ runAsUser: from([0, 1000]), runAsNonRoot: fc.boolean() }),
    resources,
    volumes: fc.array(
      fc.constantFrom(
        { name: 'v', hostPath: {} },
        { name: 'v', emptyDir: {} },
        { name: 'v', hostPath: null },
      ),
      { maxLength: 2 },
    ),
    containers: fc.array(containers, { minLength: 1, maxLength: 3 }),
    initContainers: fc.array(containers, { maxLength: 2 }),
  }),
}) as fc.Arbitrary<PodLike>;

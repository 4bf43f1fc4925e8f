/** Policies and pods over so few words that conditions often contradict, imply and shadow each other. */
import * as fc from 'fast-check';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import type { PodLike } from '../../../policy/pod/pod';

type RuleInput = NonNullable<RuntimePolicyInput['rules']>[number];
export type ConditionInput = RuleInput['when'];
type ContainerInput = NonNullable<ConditionInput['container']>;
type PodInput = NonNullable<ConditionInput['pod']>;

const RUNTIMES = [
  { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
  { name: 'firecracker', runtimeClassName: 'kata-fc', handler: 'kata-fc' },
  { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu' },
];
export const NAMESPACES = ['prod', 'lab'];
const WORDS = ['a', 'b', 'ab', 'aab'];
const GLOBS = [...WORDS, 'a*', '*b', '*', 'a*b', 'b*a'];
const AMOUNTS = ['1', '2', '3'];

const from = <T>(values: readonly T[]) => fc.constantFrom(...values);

/** One member of many, so that both of two conditions are often about the same. */
const containerMember: fc.Arbitrary<ContainerInput> = fc.oneof(
  from(GLOBS).map((name) => ({ name })),
  from(WORDS).map((contains) => ({ image: { contains } })),
  from(['docker.io', 'ghcr.io', '*', 'g*']).map((registry) => ({ image: { registry } })),
  fc.dictionary(from(['x/a', 'x/*']), bounds(), { minKeys: 1 }).map((requests) => ({ requests })),
  fc.boolean().map((privileged) => ({ securityContext: { privileged } })),
  fc.boolean().map((runAsRoot) => ({ securityContext: { runAsRoot } })),
  from(['ALL', 'NET_ADMIN', 'KILL']).map((name) => ({ securityContext: { addsCapability: name } })),
  from(['*', 'Default', 'U*']).map((procMount) => ({ securityContext: { procMount } })),
  textMatch().map((env) => ({ env })),
  fc.boolean().map((hostPorts) => ({ hostPorts })),
);

const podMember: fc.Arbitrary<PodInput> = fc.oneof(
  from([...NAMESPACES, '*', 'p*', 'la*']).map((namespace) => ({ namespace })),
  fc
    .dictionary(from(['x/a', 'x/b', 'x/*']), textMatch(), { minKeys: 1 })
    .map((labels) => ({ labels })),
  fc.dictionary(from(['x/a', 'x/*']), bounds(), { minKeys: 1 }).map((requests) => ({ requests })),
  fc.boolean().map((hostIPC) => ({ hostIPC })),
  fc.boolean().map((hostUsers) => ({ hostUsers })),
  from(['hostPath', 'emptyDir']).map((kind) => ({ volumes: [kind] })),
  fc.oneof(from(['/a', '/a*', '*']), exists()).map((hostPaths) => ({ hostPaths })),
  from(['a', '*', 'b*']).map((repository) => ({ imageVolumes: { repository } })),
  fc.record({ claim: from(['a', 'a*']) }).map((resourceClaims) => ({ resourceClaims })),
  fc.boolean().map((isClaimed) => ({ resourceClaims: { exists: isClaimed } })),
);

function exists() {
  return fc.record({ exists: fc.boolean() });
}

function textMatch() {
  return fc.oneof(from(GLOBS), exists());
}

function bounds() {
  return fc.oneof(
    fc.dictionary(from(['gt', 'gte', 'lt', 'lte']), from(AMOUNTS), { minKeys: 1, maxKeys: 2 }),
    exists(),
  );
}

function nested<C>(member: fc.Arbitrary<C>, depthIdentifier: string): fc.Arbitrary<C> {
  const { condition } = fc.letrec<{ condition: C }>((tie) => {
    const list = fc.array(tie('condition'), { minLength: 1, maxLength: 3 });
    return {
      condition: fc.oneof(
        { maxDepth: 2, depthIdentifier },
        { weight: 3, arbitrary: member },
        fc.record({ all: list }) as unknown as fc.Arbitrary<C>,
        fc.record({ any: list }) as unknown as fc.Arbitrary<C>,
        fc.record({ not: tie('condition') }) as unknown as fc.Arbitrary<C>,
      ),
    };
  });
  return condition;
}

const containerConditions = nested(containerMember, 'container');

export const conditions: fc.Arbitrary<ConditionInput> = nested<ConditionInput>(
  fc.oneof(
    containerConditions.map((container) => ({ container })),
    containerConditions.map((everyContainer) => ({ everyContainer })),
    podMember.map((pod) => ({ pod })),
  ),
  'condition',
);

const runtime = from(RUNTIMES.map(({ name }) => name));

export const policies: fc.Arbitrary<RuntimePolicyInput> = fc.record({
  runtimes: fc.constant(RUNTIMES),
  rules: fc
    .tuple(
      fc.array(conditions, { minLength: 1, maxLength: 3 }),
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.oneof(
            fc.record({ runtime, enforce: from(['exactly', 'atLeast'] as const) }),
            fc.constant({ deny: 'no' }),
            fc.constant({ exempt: 'so' }),
          ),
          from(['deny', 'deny', 'warn'] as const),
        ),
        { minLength: 2, maxLength: 5 },
      ),
    )
    .map(([whens, rules]) =>
      rules.map(([which, effect, enforcement], i): RuleInput => {
        const when = whens[which % whens.length] ?? {};
        return { name: `rule-${i}`, when, enforcement, ...effect };
      }),
    ),
  required: fc.constantFrom([], [{ namespaces: ['lab'], container: 'a', runtime: 'kata' }]),
  minimum: fc.array(
    runtime.map((name) => ({ namespaces: ['prod'], runtime: name })),
    { maxLength: 1 },
  ),
  unlabelled: from(['deny', 'ignore', { assign: 'gvisor' }] as const),
});

const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

const amounts = fc.dictionary(from(['x/a', 'x/b', 'y']), from(AMOUNTS), { maxKeys: 2 });

/** As the API server takes them: each container has a name and an image. */
const containers = fc.record(
  {
    name: from(WORDS),
    image: from([...WORDS, 'ghcr.io/a', 'not an image']),
    resources: optional({ limits: amounts }),
    env: fc.array(fc.record({ name: from(WORDS) }), { maxLength: 2 }),
    ports: fc.constantFrom([], [{ containerPort: 1, hostPort: 1 }]),
    securityContext: optional({
      privileged: fc.boolean(),
      runAsUser: from([0, 1]),
      procMount: from(['Default', 'Unmasked']),
      capabilities: fc.record({
        add: fc.array(from(['ALL', 'NET_ADMIN', 'KILL']), { maxLength: 2 }),
      }),
    }),
  },
  { requiredKeys: ['name', 'image'] },
);

export const pods = fc.record({
  metadata: fc
    .tuple(
      fc.dictionary(from(['x/a', 'x/b', 'y']), from([...WORDS, '']), { maxKeys: 2 }),
      fc.option(from(['gvisor', 'firecracker', 'kata', '']), { nil: undefined }),
    )
    .map(([labels, label]) => ({
      name: 'pod',
      labels: { ...labels, ...(label !== undefined && { 'secure-ai.io/runtime': label }) },
    })),
  spec: fc.record(
    {
      containers: fc.array(containers, { minLength: 1, maxLength: 2 }),
      initContainers: fc.array(containers, { maxLength: 1 }),
      runtimeClassName: from(['gvisor', 'kata-fc', 'kata', 'runc']),
      hostIPC: fc.boolean(),
      hostUsers: fc.boolean(),
      volumes: fc.array(
        fc.constantFrom<object>(
          { hostPath: { path: '/a' } },
          { hostPath: { path: '/b' } },
          { emptyDir: {} },
          { image: { reference: 'a' } },
        ),
        { maxLength: 2 },
      ),
      resourceClaims: fc.array(
        fc.constantFrom<object>({ resourceClaimName: 'a' }, { resourceClaimTemplateName: 'a' }),
        { maxLength: 1 },
      ),
    },
    { requiredKeys: ['containers'] },
  ),
}) as fc.Arbitrary<PodLike>;

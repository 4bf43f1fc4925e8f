/** Annotations that configure the sandbox from inside the pod: which are refused, and what the refusal says. */
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { CONTEXT, EXAMPLE, makePod, type PodOptions } from '../fixtures';

const VCPUS = 'io.katacontainers.config.hypervisor.default_vcpus';
const IOMMU = 'io.katacontainers.config.hypervisor.enable_iommu';

/** @param allowed by runtime name */
function policy(
  allowed: Readonly<Record<string, string[]>>,
  changes: Partial<RuntimePolicyInput> = {},
) {
  const runtimes = EXAMPLE.runtimes.map((runtime) => {
    const allowedAnnotations = allowed[runtime.name];
    return allowedAnnotations === undefined ? runtime : { ...runtime, allowedAnnotations };
  });
  return definePolicy({ ...EXAMPLE, ...changes, runtimes });
}

function withKeys(options: PodOptions, keys: readonly string[]) {
  const pod = makePod(options);
  const annotations = Object.fromEntries(keys.map((key) => [key, 'true']));
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

/** What becomes of a new pod: codes and messages. */
function denials(of: ReturnType<typeof policy>, options: PodOptions, keys: readonly string[]) {
  const decided = createDecider(of).decide(withKeys(options, keys), CONTEXT);
  return decided.denials.map(({ code, message }) => `${code}: ${message}`);
}

const hollow = (what: string) => [
  `HOLLOW_SANDBOX: Pod demo sets ${what}, which leads around its sandbox`,
];

test.each([
  IOMMU,
  VCPUS,
  'io.katacontainers.config_path',
  'io.katacontainers.config.runtime.disable_new_netns',
  'io.katacontainers.x/y',
  'dev.gvisor.flag.debug',
  'dev.gvisor.internal.nvproxy',
])('%s is refused by default', (key) => {
  expect(denials(policy({}), { label: 'kata' }, [key])).toEqual(hollow(`annotation ${key}`));
});

test.each([
  ['of no sandbox', 'example.com/io.katacontainers.config_path'],
  ['a longer word', 'io.katacontainersx.config_path'],
  ['the prefix without its dot', 'io.katacontainers'],
  ['other letters, which nothing on the node reads', 'IO.katacontainers.config_path'],
  ['our own', 'secure-ai.io/note'],
])('a key is left alone: %s', (_title, key) => {
  expect(denials(policy({}), { label: 'kata' }, [key])).toEqual([]);
});

test.each([
  ['an exact key', VCPUS, [VCPUS], []],
  ['an exact key stands for itself alone', VCPUS, [`${VCPUS}x`], [`${VCPUS}x`]],
  ['a glob', 'io.katacontainers.config.hypervisor.default_*', [VCPUS, IOMMU], [IOMMU]],
  ['a glob stands for the whole key', 'io.katacontainers.config.*_vcpus', [VCPUS, IOMMU], [IOMMU]],
  ['a dot is a dot', 'io.katacontainers.config.a.b', ['io.katacontainers.config.axb'], null],
  ['one prefix does not open the other', 'dev.gvisor.*', [VCPUS, 'dev.gvisor.flag.x'], [VCPUS]],
])('what a runtime allows: %s', (_title, entry, keys, refused) => {
  const left = refused ?? keys;
  expect(denials(policy({ kata: [entry] }), { label: 'kata' }, keys)).toEqual(
    left.length === 0 ? [] : hollow(`annotation ${left.join()}`),
  );
});

describe('the list is that of the runtime the pod ends up with,', () => {
  const both = policy({ kata: [VCPUS], gvisor: ['dev.gvisor.flag.debug'] });
  const keys = [VCPUS];

  test.each<[string, PodOptions]>([
    ['by label', { label: 'kata' }],
    ['by class', { class: 'kata' }],
    ['by rule', { image: 'pytorch', cpu: '8' }],
    ['by default', {}],
  ])('%s', (_title, options) => {
    expect(denials(both, options, keys)).toEqual([]);
  });

  test.each<[string, PodOptions]>([
    ['by label', { label: 'gvisor' }],
    ['by class', { class: 'gvisor' }],
    ['by rule', { image: 'scikit', cpu: '500m' }],
  ])('and no other: gvisor %s', (_title, options) => {
    expect(denials(both, options, keys)).toEqual(hollow(`annotation ${VCPUS}`));
  });

  test('which is the class, where the label says something else', () => {
    const options = { label: 'kata', class: 'gvisor' };
    expect(denials(both, options, keys)).toEqual([
      'CLASS_MISMATCH: Pod demo has runtime label kata but runtimeClassName gvisor',
      ...hollow(`annotation ${VCPUS}`),
    ]);
  });

  test('and a pod in no sandbox has none', () => {
    const ignore = policy({ kata: [VCPUS] }, { unlabelled: 'ignore' });
    expect(denials(ignore, {}, keys)).toEqual(hollow(`annotation ${VCPUS}`));
    expect(denials(ignore, {}, [])).toEqual([]);
  });

  test('so that UNSANDBOXED has nothing to add', () => {
    const deny = policy({}, { unlabelled: 'deny' });
    expect(denials(deny, {}, keys)).toEqual(hollow(`annotation ${VCPUS}`));
  });
});

describe('one denial names them', () => {
  const keys = (count: number) =>
    Array.from(
      { length: count },
      (_, index) => `dev.gvisor.flag.${String(index).padStart(4, '0')}`,
    );

  test.each([
    [2, ''],
    [5, ''],
    [6, ' and 1 more'],
    [2000, ' and 1995 more'],
  ])('%d, sorted, the first five', (count, more) => {
    const named = keys(count).slice(0, 5).join(', ');
    const expected = hollow(`annotations ${named}${more}`);
    expect(denials(policy({}), { label: 'kata' }, keys(count))).toEqual(expected);
    expect(denials(policy({}), { label: 'kata' }, keys(count).reverse())).toEqual(expected);
  });
});

test.each([
  ['*'],
  ['io.katacontainers'],
  ['io.katacontainers.'],
  ['io.kata*'],
  ['example.com/x'],
  ['IO.katacontainers.x'],
  ['io.katacontainers.x y'],
  ['io.katacontainers.[x]'],
  [''],
  [`dev.gvisor.${'x'.repeat(307)}`],
])('a policy cannot allow %j', (entry) => {
  expect(() => policy({ kata: [VCPUS, entry] })).toThrow(
    expect.objectContaining({
      code: 'POLICY_INVALID',
      problems: [
        {
          path: 'runtimes[1].allowedAnnotations[1]',
          reason:
            'must be an annotation key, or a glob, that begins with io.katacontainers. or dev.gvisor.',
          fix: 'use a key such as "io.katacontainers.config.hypervisor.default_vcpus" or a glob such as "io.katacontainers.config.agent.*"',
        },
      ],
    }) as Error,
  );
});

test.each([[[]], [['io.katacontainers.*']], [[`dev.gvisor.${'x'.repeat(306)}`]]])(
  'a policy can allow %j',
  (entries) => {
    expect(policy({ kata: entries }).runtimes[1]?.allowedAnnotations).toEqual(entries);
  },
);

test('a policy that allows none is the policy it was before there were lists', () => {
  expect(JSON.stringify(policy({}))).not.toContain('allowedAnnotations');
});

/**
 * What the API server denies by the ValidatingAdmissionPolicies, against the reference: generated pairs of policy and request, and those of
 * `test/policy/corpus`. `FC_SEED` repeats a run; `DIFFERENTIAL_PAIRS` says how many pairs are generated.
 */
import * as fc from 'fast-check';
import { DENIAL_CODES } from '../../../../policy/decision/decision';
import { validatingAdmissionPolicies } from '../../../../policy/engines/cel';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { buildCelOracle, type Request } from '../../../cel-oracle/oracle';
import { sampleSeed } from '../../../oracle/seed';
import { corpus } from '../../corpus';
import { EXAMPLE } from '../../fixtures';
import { anyPolicies, changes, creations } from './arbitraries';
import { differ, judgeValidation, type Batch, type Judged } from './judge';
import { described } from './described';

const PAIRS = Number(process.env['DIFFERENTIAL_PAIRS'] ?? 2_000);
const REQUESTS_PER_POLICY = 20;
const BUILD_TIMEOUT_MILLISECONDS = 1_200_000;
/** Of a binding (apiserver v0.36.3, pkg/apis/cel/config.go, RuntimeCELCostBudget). */
const COST_BUDGET = 10_000_000;

jest.setTimeout(120_000 + 50 * PAIRS);

beforeAll(async () => void (await buildCelOracle()), BUILD_TIMEOUT_MILLISECONDS);

const batch: fc.Arbitrary<Batch> = fc.record({
  policy: anyPolicies,
  requests: fc.array(fc.oneof({ weight: 2, arbitrary: creations }, changes), {
    minLength: REQUESTS_PER_POLICY,
    maxLength: REQUESTS_PER_POLICY,
  }),
});

const sampled = (seed: number, pairs: number) =>
  fc.sample(batch, { seed, numRuns: Math.ceil(pairs / REQUESTS_PER_POLICY) });

function refuseDifference(judged: readonly Judged[], origin: string): void {
  const different = judged.find(differ);
  if (different !== undefined) throw new Error(`${origin}: ${described(different)}`);
}

const codesIn = (judged: readonly Judged[]): readonly string[] =>
  judged.flatMap(({ actual }) =>
    Object.values(actual as Record<string, string>).flatMap((message) =>
      DENIAL_CODES.filter((code) => message.includes(`${code}: `)),
    ),
  );

test(`the API server denies what the reference denies, in the same words (${PAIRS} pairs)`, async () => {
  const seed = sampleSeed();
  const judged = await judgeValidation(sampled(seed, PAIRS));
  refuseDifference(judged, `FC_SEED=${seed}`);
  expect(judged.length).toBeGreaterThan(PAIRS / 2);
  expect([...new Set(codesIn(judged))].sort()).toEqual([...DENIAL_CODES].sort());
  expect(Math.max(...judged.map(({ cost }) => cost))).toBeLessThan(COST_BUDGET / 10);
});

test('what once differed differs no more', async () => {
  const cases = corpus();
  const judged = await judgeValidation(
    cases.map(({ policy, pod }) => {
      const { namespace } = pod.metadata;
      return { policy, requests: [{ object: pod, namespace, enabled: 'true' as const }] };
    }),
  );
  expect(judged).toHaveLength(cases.length);
  refuseDifference(judged, 'corpus');
});

const NOTICED = [
  ...['unknown_runtime', 'label_required', 'rule_violated', 'denied', 'hollow_sandbox'],
  ...['unsandboxed', 'exempting', 'asking', 'minimum', 'is_judged'],
];

test.each(NOTICED)('a policy without %s is noticed', async (name) => {
  const judged = await judgeValidation(sampled(7, 1_000), (policy) =>
    validatingAdmissionPolicies(policy).map((manifest) => without(name, manifest)),
  );
  expect(judged.some(differ)).toBe(true);
});

/** The expression in its place says nothing. */
function without<Manifest extends ReturnType<typeof validatingAdmissionPolicies>[number]>(
  name: string,
  manifest: Manifest,
) {
  if (manifest.kind !== 'ValidatingAdmissionPolicy') return manifest;
  const variables = manifest.spec.variables.map((variable) =>
    variable.name === name ? { name, expression: NEUTRAL[name] ?? 'dyn([])' } : variable,
  );
  return { ...manifest, spec: { ...manifest.spec, variables } };
}

const NEUTRAL: Readonly<Record<string, string>> = {
  is_judged: 'true',
  minimum: '-1',
};

test('a namespace that is exempt, or not enabled, is left alone', async () => {
  const [policy] = fc.sample(anyPolicies, { seed: 1, numRuns: 1 });
  if (policy === undefined) throw new Error('no policy');
  const object = { metadata: {}, spec: { containers: [] } };
  const judged = await judgeValidation([
    {
      policy,
      requests: [
        { object, namespace: 'kube-system', enabled: 'true' },
        { object, namespace: 'team-a', enabled: 'false' },
      ],
    },
  ]);
  expect(judged.map(({ actual }) => actual)).toEqual([{}, {}]);
});

const CONTAINER = { name: 'main', image: 'pytorch' };
const creation = (spec: object): Request => ({
  object: { metadata: { name: 'demo' }, spec: { containers: [CONTAINER], ...spec } },
  namespace: 'team-a',
  enabled: 'true',
});

async function messageFor(policy: RuntimePolicy, request: Request) {
  const [judged] = await judgeValidation([{ policy, requests: [request] }]);
  const { 'ai-sandbox-deny': message = '' } = judged?.actual as Record<string, string>;
  return { message, expected: Object.values(judged?.expected as Record<string, string>)[0] };
}

test('a message that the API server would drop for its length is cut', async () => {
  const rules = Array.from({ length: 40 }, (_, index) => ({
    name: `rule-${index}`,
    title: `${index} ${'ä'.repeat(200)}`,
    when: { container: { image: { contains: 'pytorch' } } },
    deny: 'no',
  }));
  const policy = definePolicy({ ...EXAMPLE, rules });
  const { message, expected } = await messageFor(policy, creation({}));
  expect(expected?.startsWith(message)).toBe(true);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(5_120);
  expect(message.length).toBeGreaterThan(1_200);
});

test('names with line breaks are told in one line', async () => {
  const volumes = [{ name: 'v', hostPath: { path: '/a\nb' } }];
  const { message, expected } = await messageFor(definePolicy(EXAMPLE), creation({ volumes }));
  expect(message).toContain('mounts /a b of its node');
  expect(message).toBe(expected);
});

test('a policy of a thousand rules stays within the budget on a pod of twenty containers', async () => {
  const rules = Array.from({ length: 1_000 }, (_, index) => ({
    name: `rule-${index}`,
    when: {
      container: { image: { contains: `model-${index}` } },
      pod: { requests: { cpu: { gt: '4' } } },
    },
    runtime: 'kata',
  }));
  const policy = definePolicy({ ...EXAMPLE, rules });
  const containers = Array.from({ length: 20 }, (_, index) => ({
    name: `c-${index}`,
    image: `registry.example.com/team/model-${index * 50}:latest`,
    resources: { requests: { cpu: '1' } },
  }));
  const [judged] = await judgeValidation([{ policy, requests: [creation({ containers })] }]);
  expect(judged?.actual).toEqual(judged?.expected);
  expect(judged?.cost).toBeLessThan(COST_BUDGET / 2);
});

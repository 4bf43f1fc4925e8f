/** What the MutatingAdmissionPolicies make of pods, against the reference: label, class and the decision record. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { DECISION_ANNOTATION } from '../../../../base/names';
import { mutatingAdmissionPolicies } from '../../../../policy/engines/cel';
import type { RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { buildCelOracle } from '../../../cel-oracle/oracle';
import { sampleSeed } from '../../../oracle/seed';
import { corpus } from '../../corpus';
import { anyPolicies, claims, creations, withRecord } from './arbitraries';
import { described } from './described';
import { differ, judgeMutation, type Batch, type Judged } from './judge';

const PAIRS = Number(process.env['DIFFERENTIAL_PAIRS'] ?? 2_000);
const REQUESTS_PER_POLICY = 20;
const BUILD_TIMEOUT_MILLISECONDS = 1_200_000;

jest.setTimeout(120_000 + 50 * PAIRS);

beforeAll(async () => void (await buildCelOracle()), BUILD_TIMEOUT_MILLISECONDS);

/** Half of the pods carry a record already. */
const batch: fc.Arbitrary<Batch> = fc
  .record({
    policy: anyPolicies,
    requests: fc.array(fc.tuple(creations, fc.option(claims, { nil: undefined, freq: 1 })), {
      minLength: REQUESTS_PER_POLICY,
      maxLength: REQUESTS_PER_POLICY,
    }),
  })
  .map(({ policy, requests }) => ({
    policy,
    requests: requests.map(([request, claim]) =>
      claim === undefined ? request : withRecord(request, policy, claim),
    ),
  }));

const sampled = (seed: number, pairs: number) =>
  fc.sample(batch, { seed, numRuns: Math.ceil(pairs / REQUESTS_PER_POLICY) });

function refuseDifference(judged: readonly Judged[], origin: string): void {
  const different = judged.find(differ);
  if (different !== undefined) throw new Error(`${origin}: ${described(different)}`);
}

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

function sourcesIn(judged: readonly Judged[]): readonly string[] {
  return judged.flatMap(({ actual }) =>
    (actual as readonly Pod[]).flatMap(({ metadata }) => {
      const record = metadata.annotations?.[DECISION_ANNOTATION];
      return record === undefined ? [] : [(JSON.parse(record) as { source: string }).source];
    }),
  );
}

test(`a pod comes out as the reference says (${PAIRS} pairs)`, async () => {
  const seed = sampleSeed();
  const judged = await judgeMutation(sampled(seed, PAIRS));
  refuseDifference(judged, `FC_SEED=${seed}`);
  expect(judged.length).toBeGreaterThan(PAIRS / 2);
  const sources = ['label', 'class', 'rule', 'default', 'exempt'];
  expect([...new Set(sourcesIn(judged))].sort()).toEqual(sources.sort());
});

/** The pods as the first mutation left them, once more. */
function again(first: readonly Judged[]): readonly Batch[] {
  return first.map(({ policy, request, actual }) => ({
    policy,
    requests: (actual as readonly object[]).map((object) => ({ ...request, object })),
  }));
}

test('a pod that was mutated is left as it is', async () => {
  const seed = sampleSeed();
  const judged = await judgeMutation(again(await judgeMutation(sampled(seed, PAIRS / 4))));
  refuseDifference(judged, `FC_SEED=${seed}`);
  const changed = judged.filter(
    ({ request, actual }) => !isDeepStrictEqual(actual, [request.object]),
  );
  expect(changed.map(described)).toEqual([]);
});

test('what once differed differs no more', async () => {
  const cases = corpus();
  const judged = await judgeMutation(
    cases.map(({ policy, pod }) => {
      const { namespace } = pod.metadata;
      return { policy, requests: [{ object: pod, namespace, enabled: 'true' as const }] };
    }),
  );
  expect(judged).toHaveLength(cases.length);
  refuseDifference(judged, 'corpus');
});

const replacing =
  (name: string, expression: string) =>
  (policy: RuntimePolicy): ReturnType<typeof mutatingAdmissionPolicies> =>
    mutatingAdmissionPolicies(policy).map((manifest) => {
      if (manifest.kind !== 'MutatingAdmissionPolicy') return manifest;
      const variables = manifest.spec.variables.map((variable) =>
        variable.name === name ? { name, expression } : variable,
      );
      return { ...manifest, spec: { ...manifest.spec, variables } };
    });

test.each([
  ['asking', 'dyn([])'],
  ['exempting', 'dyn([])'],
  ['minimum', '-1'],
  ['is_mirror', 'false'],
  ['is_exact', 'false'],
])('a policy without %s is noticed', async (name, expression) => {
  const judged = await judgeMutation(sampled(7, 800), replacing(name, expression));
  expect(judged.some(differ)).toBe(true);
});

test('a policy that keeps no record is noticed', async () => {
  const mutated = again(await judgeMutation(sampled(7, 400)));
  const judged = await judgeMutation(mutated, replacing('has_record', 'false'));
  expect(judged.some(differ)).toBe(true);
});

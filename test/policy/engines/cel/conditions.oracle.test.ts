/** Every question a rule can ask, in the CEL environment of the API server: each rule on the pod of each question. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { DECISION_ANNOTATION } from '../../../../base/names';
import { mutatingAdmissionPolicies } from '../../../../policy/engines/cel';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { podFacts } from '../../../../policy/pod/facts';
import { referenceMatcher } from '../../../../policy/rules/match';
import { askCel, buildCelOracle } from '../../../cel-oracle/oracle';
import { pods, type GeneratedPod } from '../../../fixtures/arbitraries';
import { sampleSeed } from '../../../oracle/seed';
import { EXAMPLE } from '../../fixtures';
import { QUESTIONS, type When } from '../../rules/questions';
import { policiesIn } from './judge';

const BUILD_TIMEOUT_MILLISECONDS = 1_200_000;
const NAMESPACE = 'team-a';

beforeAll(async () => void (await buildCelOracle()), BUILD_TIMEOUT_MILLISECONDS);

const policyOf = (conditions: readonly When[]): RuntimePolicy =>
  definePolicy({
    ...EXAMPLE,
    required: [],
    rules: conditions.map((when, index) => ({ name: `q${index}`, when, runtime: 'kata' })),
  });

/** Pairs of a rule and a pod on which the API server and the reference differ, and how many matched. */
async function compared(policy: RuntimePolicy, pods: readonly unknown[]) {
  const mutating = policiesIn(mutatingAdmissionPolicies(policy));
  const requests = pods.map((object) => ({
    object,
    namespace: NAMESPACE,
    enabled: 'true' as const,
  }));
  const [answer] = await askCel([{ mutating, requests }]);
  expect(answer?.errors).toBeUndefined();
  const matcher = referenceMatcher(policy);
  const rows = (answer?.answers ?? []).map(({ seen, mutated }) => ({
    seen,
    expected: matcher.matching(podFacts(seen, { namespace: NAMESPACE })).map(({ name }) => name),
    actual: Object.values(mutated).flatMap(({ pod, error }) => error ?? rulesOf(pod)),
  }));
  expect(rows).toHaveLength(pods.length);
  return {
    different: rows.filter(({ expected, actual }) => !isDeepStrictEqual(expected, actual)),
    matches: rows.reduce((sum, { actual }) => sum + actual.length, 0),
  };
}

function rulesOf(pod: unknown): readonly string[] {
  const { metadata } = pod as { metadata: { annotations?: Record<string, string> } };
  const record = metadata.annotations?.[DECISION_ANNOTATION] ?? '{"rules":[]}';
  return (JSON.parse(record) as { rules: readonly string[] }).rules;
}

test(`${QUESTIONS.length} rules match the ${QUESTIONS.length} pods that the reference says they match`, async () => {
  const policy = policyOf(QUESTIONS.map(({ when }) => when));
  const { different, matches } = await compared(
    policy,
    QUESTIONS.map(({ pod }) => pod),
  );
  expect(different).toEqual([]);
  expect(matches).toBeGreaterThan(QUESTIONS.length);
});

const THRESHOLDS = ['0', '500m', '1', '2', '4', '8', '1Gi', '8Ei'] as const;
const RESOURCES = ['cpu', 'memory', 'nvidia.com/gpu', 'hugepages-2Mi', '*', 'huge*'] as const;

test('totals of pods compare as in the reference', async () => {
  const conditions = (['requests', 'limits'] as const).flatMap((list) =>
    RESOURCES.flatMap((name): When[] => [
      { pod: { [list]: { [name]: { exists: true } } } },
      ...THRESHOLDS.flatMap((threshold): When[] => [
        { pod: { [list]: { [name]: { gt: threshold } } } },
        { pod: { [list]: { [name]: { lte: threshold } } } },
      ]),
    ]),
  );
  const seed = sampleSeed();
  const sampled = fc
    .sample(pods, { seed, numRuns: 200 })
    .map(({ metadata: { namespace }, spec }) => ({ metadata: { namespace }, spec: bare(spec) }));
  const { different, matches } = await compared(policyOf(conditions), sampled);
  expect({ seed, different }).toEqual({ seed, different: [] });
  expect(matches).toBeGreaterThan(sampled.length);
});

/** Nothing but what totals come from: a class would keep rules out of the record. */
function bare({ containers, initContainers, resources }: GeneratedPod['spec']) {
  return { containers, initContainers, resources };
}

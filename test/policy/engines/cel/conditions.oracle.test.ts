/** Every question a rule can ask, in the CEL environment of the API server: each rule on the pod of each question. */
import { mutatingAdmissionPolicies } from '../../../../policy/engines/cel';
import { definePolicy } from '../../../../policy/model/define';
import { podFacts } from '../../../../policy/pod/facts';
import { referenceMatcher } from '../../../../policy/rules/match';
import { askCel, buildCelOracle } from '../../../cel-oracle/oracle';
import { EXAMPLE } from '../../fixtures';
import { QUESTIONS } from '../../rules/questions';
import { policiesIn } from './judge';

const BUILD_TIMEOUT_MILLISECONDS = 1_200_000;
const NAMESPACE = 'team-a';

beforeAll(async () => void (await buildCelOracle()), BUILD_TIMEOUT_MILLISECONDS);

const rules = QUESTIONS.map(({ when }, index) => ({ name: `q${index}`, when, runtime: 'kata' }));
const policy = definePolicy({ ...EXAMPLE, rules, required: [] });
const requests = QUESTIONS.map(({ pod }) => ({
  object: pod,
  namespace: NAMESPACE,
  enabled: 'true' as const,
}));

test(`${QUESTIONS.length} rules match the ${QUESTIONS.length} pods that the reference says they match`, async () => {
  const mutating = policiesIn(mutatingAdmissionPolicies(policy));
  const [answer] = await askCel([{ mutating, requests }]);
  expect(answer?.errors).toBeUndefined();
  const matcher = referenceMatcher(policy);
  const rows = (answer?.answers ?? []).map(({ seen, mutated }, index) => ({
    pod: QUESTIONS[index]?.title,
    expected: matcher.matching(podFacts(seen, { namespace: NAMESPACE })).map(({ name }) => name),
    actual: Object.values(mutated).map(({ pod, error }) => error ?? rulesOf(pod)),
  }));
  expect(rows.filter(({ expected, actual }) => actual.join() !== expected.join())).toEqual([]);
  expect(rows).toHaveLength(QUESTIONS.length);
});

function rulesOf(pod: unknown): readonly string[] {
  const { metadata } = pod as { metadata: { annotations?: Record<string, string> } };
  const record = metadata.annotations?.['secure-ai.io/decision'] ?? '{"rules":[]}';
  return (JSON.parse(record) as { rules: readonly string[] }).rules;
}

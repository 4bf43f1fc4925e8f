/** Each of the newer questions at its edges, on every matcher, and in what `explain` says. */
import { definePolicy } from '../../../policy/model/define';
import { podFacts } from '../../../policy/pod/facts';
import { compileMatcher } from '../../../policy/rules/compiled/compile';
import { explainRule } from '../../../policy/rules/explain';
import { referenceMatcher } from '../../../policy/rules/match';
import { CONTEXT, EXAMPLE } from '../fixtures';
import { QUESTIONS, type When } from './questions';

const policyOf = (when: When) =>
  definePolicy({ ...EXAMPLE, rules: [{ name: 'a', when, runtime: 'kata' }] });

describe.each([
  ['the reference matcher', referenceMatcher],
  ['the compiled matcher', compileMatcher],
])('%s', (_, makeMatcher) => {
  test.each(QUESTIONS)('$title', ({ when, pod, holds }) => {
    const matching = makeMatcher(policyOf(when)).matching(podFacts(pod, CONTEXT));
    expect(matching).toHaveLength(holds ? 1 : 0);
  });

  test('answers all of them at once', () => {
    const rules = QUESTIONS.map(({ when }, index) => ({
      name: `q${index}`,
      when,
      runtime: 'kata',
    }));
    const matcher = makeMatcher(definePolicy({ ...EXAMPLE, rules }));
    QUESTIONS.forEach(({ pod, holds }, index) => {
      const names = matcher.matching(podFacts(pod, CONTEXT)).map(({ name }) => name);
      expect(names.includes(`q${index}`)).toBe(holds);
    });
  });
});

test.each(QUESTIONS)('explain says the same: $title', ({ when, pod, holds }) => {
  const facts = podFacts(pod, CONTEXT);
  expect(policyOf(when).rules.map((rule) => explainRule(rule, facts).matches)).toEqual([holds]);
});

test('explain names every container and what it asked of it', () => {
  const [rule] = policyOf({ container: { not: { image: { registry: 'ghcr.io' } } } }).rules;
  const pod = { spec: { containers: [{ name: 'a', image: 'them/b' }] } };
  expect(rule && explainRule(rule, podFacts(pod, CONTEXT)).condition).toMatchObject({
    text: 'some container',
    holds: true,
    parts: [
      {
        text: 'container a',
        parts: [
          {
            text: 'not',
            parts: [{ parts: [{ text: 'image.registry is "ghcr.io"', seen: 'docker.io' }] }],
          },
        ],
      },
    ],
  });
});

test('explain shows which fields a glob met', () => {
  const [rule] = policyOf({ pod: { limits: { 'nvidia.com/*': { gt: '0' } } } }).rules;
  const limits = { 'nvidia.com/gpu': '2', 'nvidia.com/mig': '0', cpu: '1' };
  const pod = { spec: { containers: [{ resources: { limits } }] } };
  expect(rule && explainRule(rule, podFacts(pod, CONTEXT)).condition.parts).toMatchObject([
    {
      text: 'one of limits.nvidia.com/* gt 0',
      seen: 'limits.nvidia.com/gpu 2, limits.nvidia.com/mig 0',
    },
  ]);
});

test.each([
  [{ pod: { labels: { 'secure-ai.io/*': 'x' } } }],
  [{ pod: { nodeSelector: { 'katacontainers.io/kata-runtime': 'true' } } }],
  [{ not: { pod: { annotations: { '*decision': 'x' } } } }],
] as [When][])('a rule cannot ask what the decision itself sets: %j', (when) => {
  expect(() => policyOf(when)).toThrow(/set by the decision itself/);
});

test.each([
  [{ container: {} }, 'rules[0].when.container'],
  [{ container: { not: {} } }, 'rules[0].when.container.not'],
  [{ any: [{ everyContainer: { any: [{}] } }] }, 'rules[0].when.any[0].everyContainer.any[0]'],
] as [When, string][])('a condition needs a member: %j', (when, path) => {
  expect(() => policyOf(when)).toThrow(
    expect.objectContaining({
      problems: [expect.objectContaining({ path, reason: 'is a condition without a member' })],
    }) as Error,
  );
});

/** Every recipe of docs/policies.md decides about its pods as it says, with either matcher. */
import { createDecider } from '../../policy/decision/decide';
import { compileMatcher } from '../../policy/rules/compiled/compile';
import { referenceMatcher } from '../../policy/rules/match';
import { outcomeText, podOf, policyOf, RECIPES } from '../fixtures/recipes';

const MATCHERS = { reference: referenceMatcher, compiled: compileMatcher };

const cases = RECIPES.flatMap((recipe) =>
  Object.entries(MATCHERS).flatMap(([matcher, make]) =>
    recipe.pods.map((tried) => ({ recipe, tried, matcher, make })),
  ),
).map(({ recipe, tried, ...rest }) => ({
  ...rest,
  recipe,
  tried,
  file: recipe.file,
  what: tried.what,
}));

test.each(cases)('$file, $matcher: $what', ({ recipe, tried, make }) => {
  const policy = policyOf(recipe);
  const pod = podOf(tried);
  const { selection, denials } = createDecider(policy, make(policy)).decide(pod, {
    namespace: pod.metadata.namespace,
  });
  const outcome = outcomeText({
    codes: denials.map(({ code }) => code),
    runtime: selection.runtime?.name,
    source: selection.source === 'none' ? undefined : selection.source,
    rules: selection.rules,
  });
  expect(outcome).toBe(tried.outcome);
});

test('every recipe is told apart from a policy that asks for nothing', () => {
  for (const { file, pods } of RECIPES)
    expect([file, new Set(pods.map(({ outcome }) => outcome)).size > 1]).toEqual([file, true]);
});

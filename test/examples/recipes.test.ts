/** Every recipe of docs/policies.md decides about its pods as it says, with either matcher. */
import { createDecider } from '../../policy/decision/decide';
import { compileMatcher } from '../../policy/rules/compiled/compile';
import { referenceMatcher } from '../../policy/rules/match';
import { outcomeText, podOf, policyOf, RECIPES, type TriedRecipe } from '../fixtures/recipes';

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

test('no recipe treats all its pods alike', () => {
  const alike = RECIPES.filter(({ pods }) => new Set(pods.map((pod) => pod.outcome)).size < 2);
  expect(alike.map(({ file }) => file)).toEqual([]);
});

test('a debug container of a foreign image is refused in a pod that runs in the weaker sandbox', () => {
  const policy = policyOf(recipeNamed('foreign-images'));
  const decider = createDecider(policy);
  const context = { namespace: 'team' };
  const ours = podOf({
    what: 'ours',
    containers: [{ image: 'registry.example.com/platform/model:3' }],
    outcome: 'gvisor by default',
  });
  const running = decider.decide(ours, context).pod as typeof ours;
  const debugged = (image: string) => ({
    ...running,
    spec: { ...running.spec, ephemeralContainers: [{ name: 'debugger', image }] },
  });
  const codes = (image: string) =>
    decider.validate(debugged(image), context, running).map(({ code }) => code);
  expect(codes('registry.example.com/platform/tools:1')).toEqual([]);
  expect(codes('busybox')).toEqual(['RULE_VIOLATED']);
});

function recipeNamed(file: string): TriedRecipe {
  const found = RECIPES.find((recipe) => recipe.file === file);
  if (found === undefined) throw new Error(`no recipe is called ${file}`);
  return found;
}

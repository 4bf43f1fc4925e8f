import * as fc from 'fast-check';
import { definePolicy } from '../../../../policy/model/define';
import { explainRule } from '../../../../policy/rules/explain';
import { podFacts } from '../../../../policy/pod/facts';
import { compileMatcher } from '../../../../policy/rules/compiled/compile';
import { referenceMatcher } from '../../../../policy/rules/match';
import { CONTEXT, pods, policies } from '../../arbitraries';

const names = (rules: readonly { readonly name: string }[]) => rules.map(({ name }) => name);

test('the compiled matcher and explain find what the reference finds', () => {
  let matches = 0;
  let total = 0;
  fc.assert(
    fc.property(policies(), fc.array(pods, { minLength: 1, maxLength: 4 }), (input, examples) => {
      const policy = definePolicy(input);
      const reference = referenceMatcher(policy);
      const compiled = compileMatcher(policy);
      for (const pod of examples) {
        const facts = podFacts(pod, CONTEXT);
        const expected = names(reference.matching(facts));
        expect(names(compiled.matching(facts))).toEqual(expected);
        const explained = policy.rules.filter((rule) => explainRule(rule, facts).matches);
        expect(names(explained).sort()).toEqual(expected);
        matches += expected.length;
        total += policy.rules.length;
      }
    }),
    { numRuns: 1_000 },
  );
  // The vocabulary is small enough for both outcomes to be common.
  expect(matches / total).toBeGreaterThan(0.1);
  expect(matches / total).toBeLessThan(0.9);
});

/** Which rules match a pod: the plain way, rule by rule. */
import type { PodFacts } from '../pod/facts';
import { clauseHolds, formulaHolds, formulaOf } from './formula';
import type { Rule, RuntimePolicy } from '../model/runtime-policy';
import { subjectsOf } from '../pod/subject';

/** Finds the rules that match a pod. */
export interface Matcher {
  /** Every matching rule, sorted by name. */
  matching(facts: PodFacts): readonly Rule[];
}

/** Evaluates every rule. What `compileMatcher` is tested against. */
export function referenceMatcher(policy: RuntimePolicy): Matcher {
  const rules = sortedByName(policy.rules).map((rule) => ({ rule, when: formulaOf(rule.when) }));
  return {
    matching(facts) {
      const subjects = subjectsOf(facts);
      return rules
        .filter(({ when }) => formulaHolds(when, (clause) => clauseHolds(clause, subjects)))
        .map(({ rule }) => rule);
    },
  };
}

/** In the order of their names' code units, which for label values is that of their bytes. */
export function sortedByName(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((a, b) => (a.name < b.name ? -1 : 1));
}

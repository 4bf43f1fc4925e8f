/** Which containers made a rule match, for those who read a refusal. */
import { formulaOf, holdsOf, type Formula } from './formula';
import type { Rule } from '../model/runtime-policy';
import type { PodFacts } from '../pod/facts';
import { subjectsOf, type Subjects } from '../pod/subject';

/**
 * Names of the containers that satisfy a `container` condition of the rule, sorted; those inside a `not` show nothing. Empty where the
 * pod as a whole made the rule match.
 */
export function matchedContainers(rule: Pick<Rule, 'when'>, facts: PodFacts): readonly string[] {
  return [...new Set(containersIn(formulaOf(rule.when), subjectsOf(facts)))].sort();
}

function containersIn(formula: Formula, subjects: Subjects): readonly string[] {
  switch (formula.kind) {
    case 'all':
    case 'any':
      return formula.parts.flatMap((part) => containersIn(part, subjects));
    case 'container':
      return subjects.containers
        .filter((container) => holdsOf(formula.formula, container))
        .map(({ texts }) => texts.get('name') ?? '');
    case 'not':
    case 'everyContainer':
    case 'pod':
      return [];
  }
}

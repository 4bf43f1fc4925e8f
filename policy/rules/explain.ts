/** Why a rule matches a pod or does not: its condition with the values it was evaluated on, as data to print. */
import { atomHolds, describeAtom, seenBy } from './ask';
import type { Atom } from './atoms';
import type { Clause, ContainerFormula, Formula, FormulaOf } from './formula';
import { formulaOf, isList, isNegation } from './formula';
import type { PodFacts } from '../pod/facts';
import type { Rule } from '../model/runtime-policy';
import type { Subject, Subjects } from '../pod/subject';
import { subjectsOf } from '../pod/subject';

/** One condition, or one part of it. */
export interface Explanation {
  /** `all`, `any`, `not`, `pod`, `some container`, `every container`, `container ai-model`, or a question such as `requests.cpu gt 4`. */
  readonly text: string;
  readonly holds: boolean;
  /** The value a question was evaluated on; `missing` without one. Only on questions. */
  readonly seen?: string;
  readonly parts: readonly Explanation[];
}

export interface RuleExplanation {
  readonly rule: Rule;
  readonly matches: boolean;
  readonly condition: Explanation;
}

/** Evaluates every part of a rule's condition, also those that no longer change the outcome. */
export function explainRule(rule: Rule, facts: PodFacts): RuleExplanation {
  const condition = explain(formulaOf(rule.when), subjectsOf(facts));
  return { rule, matches: condition.holds, condition };
}

function explain(formula: Formula, subjects: Subjects): Explanation {
  return explainNested(formula, (clause) => explainClause(clause, subjects));
}

function explainClause(clause: Clause, subjects: Subjects): Explanation {
  switch (clause.kind) {
    case 'container':
      return someOf('some container', explainContainers(clause.formula, subjects));
    case 'everyContainer': {
      const { text, holds, parts } = everyOf(
        'every container',
        explainContainers(clause.formula, subjects),
      );
      return { text, holds: holds && parts.length > 0, parts };
    }
    case 'pod':
      return explainAtoms('pod', clause.atoms, subjects.pod);
  }
}

function explainContainers(formula: ContainerFormula, { containers }: Subjects): Explanation[] {
  return containers.map((subject, index) => {
    const { holds, parts, text } = explainContainer(formula, subject);
    const name = `container ${subject.texts.get('name') ?? index}`;
    if (text === 'all') return { text: name, holds, parts };
    return { text: name, holds, parts: [{ text, holds, parts }] };
  });
}

/** What stands directly in a condition reads as the `all` it is. */
function explainContainer(formula: ContainerFormula, subject: Subject): Explanation {
  return explainNested(formula, ({ atoms }) => explainAtoms('all', atoms, subject));
}

function explainNested<Leaf extends { readonly kind: string }>(
  formula: FormulaOf<Leaf>,
  explainLeaf: (leaf: Leaf) => Explanation,
): Explanation {
  if (isList(formula)) {
    const parts = formula.parts.map((part) => explainNested(part, explainLeaf));
    return formula.kind === 'all' ? everyOf('all', parts) : someOf('any', parts);
  }
  return isNegation(formula)
    ? negated(explainNested(formula.part, explainLeaf))
    : explainLeaf(formula);
}

function negated(inner: Explanation): Explanation {
  return { text: 'not', holds: !inner.holds, parts: [inner] };
}

function explainAtoms(text: string, atoms: readonly Atom[], subject: Subject): Explanation {
  const parts = atoms.map((atom) => ({
    text: describeAtom(atom),
    holds: atomHolds(atom, subject),
    seen: seenBy(atom, subject),
    parts: [],
  }));
  return everyOf(text, parts);
}

function everyOf(text: string, parts: readonly Explanation[]): Explanation {
  return { text, holds: parts.every((part) => part.holds), parts };
}

function someOf(text: string, parts: readonly Explanation[]): Explanation {
  return { text, holds: parts.some((part) => part.holds), parts };
}

/** Why a rule matches a pod or does not: its condition with the values it was evaluated on, as data to print. */
import { atomHolds, describeAtom, seenBy } from './ask';
import type { Atom } from './atoms';
import type { ContainerFormula, Formula } from './formula';
import { formulaOf } from './formula';
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
  const explainPart = (part: Formula) => explain(part, subjects);
  switch (formula.kind) {
    case 'all':
      return everyOf('all', formula.parts.map(explainPart));
    case 'any':
      return someOf('any', formula.parts.map(explainPart));
    case 'not':
      return negated(explainPart(formula.part));
    case 'container':
      return someOf('some container', explainContainers(formula.formula, subjects));
    case 'everyContainer': {
      const { text, holds, parts } = everyOf(
        'every container',
        explainContainers(formula.formula, subjects),
      );
      return { text, holds: holds && parts.length > 0, parts };
    }
    case 'pod':
      return explainAtoms('pod', formula.atoms, subjects.pod);
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
  const explainPart = (part: ContainerFormula) => explainContainer(part, subject);
  switch (formula.kind) {
    case 'all':
      return everyOf('all', formula.parts.map(explainPart));
    case 'any':
      return someOf('any', formula.parts.map(explainPart));
    case 'not':
      return negated(explainPart(formula.part));
    case 'test':
      return explainAtoms('all', formula.atoms, subject);
  }
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

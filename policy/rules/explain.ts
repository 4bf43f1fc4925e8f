/** Why a rule matches a pod or does not: its condition with the values it was evaluated on, as data to print. */
import type { Atom } from './atoms';
import { atomHolds, describeAtom } from './atoms';
import type { Formula } from './formula';
import { formulaOf } from './formula';
import type { PodFacts } from '../pod/facts';
import type { Rule } from '../model/runtime-policy';
import { formatQuantity } from '../pod/quantity';
import type { Subject, Subjects } from '../pod/subject';
import { subjectsOf } from '../pod/subject';

/** One condition, or one part of it. */
export interface Explanation {
  /** `all`, `any`, `not`, `pod`, `some container`, `container ai-model`, or a question such as `requests.cpu gt 4`. */
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
    case 'not': {
      const inner = explainPart(formula.part);
      return { text: 'not', holds: !inner.holds, parts: [inner] };
    }
    case 'container': {
      const containers = subjects.containers.map((subject, index) =>
        explainAtoms(`container ${subject.texts.get('name') ?? index}`, formula.atoms, subject),
      );
      return someOf('some container', containers);
    }
    case 'pod':
      return explainAtoms('pod', formula.atoms, subjects.pod);
  }
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

function seenBy({ field }: Atom, { texts, quantities, flags, sets }: Subject): string {
  const quantity = quantities.get(field);
  const set = sets.get(field);
  if (quantity !== undefined) return formatQuantity(quantity);
  if (set !== undefined) return set.size === 0 ? 'none' : [...set].sort().join(', ');
  return texts.get(field) ?? flags.get(field)?.toString() ?? 'missing';
}

function everyOf(text: string, parts: readonly Explanation[]): Explanation {
  return { text, holds: parts.every((part) => part.holds), parts };
}

function someOf(text: string, parts: readonly Explanation[]): Explanation {
  return { text, holds: parts.some((part) => part.holds), parts };
}

/** Why a rule matches a pod or does not: its condition with what was seen, as data to print. */
import type { Atom } from './atoms';
import { atomHolds, containerAtoms, describeAtom, podAtoms } from './atoms';
import type { PodFacts } from '../pod/facts';
import type { Condition, Rule } from '../model/runtime-policy';
import { formatQuantity } from '../pod/quantity';
import type { Subject } from '../pod/subject';
import { containerSubject, podSubject } from '../pod/subject';

/** One condition, or one part of it. */
export interface Explanation {
  /** `all`, `any`, `not`, `pod`, `some container`, `container ai-model`, or a question such as `requests.cpu gt 4`. */
  readonly text: string;
  readonly holds: boolean;
  /** The value a question was asked about; `missing` where there is none. Only on questions. */
  readonly seen?: string;
  readonly parts: readonly Explanation[];
}

export interface RuleExplanation {
  readonly rule: Rule;
  readonly matches: boolean;
  readonly condition: Explanation;
}

/** Evaluates every part of a rule's condition, also those whose outcome no longer matters. */
export function explainRule(rule: Rule, facts: PodFacts): RuleExplanation {
  const condition = explainCondition(rule.when, facts);
  return { rule, matches: condition.holds, condition };
}

function explainCondition(condition: Condition, facts: PodFacts): Explanation {
  const explain = (inner: Condition) => explainCondition(inner, facts);
  const parts: Explanation[] = [];
  if (condition.all !== undefined) parts.push(everyOf('all', condition.all.map(explain)));
  if (condition.any !== undefined) parts.push(someOf('any', condition.any.map(explain)));
  if (condition.not !== undefined) {
    const inner = explain(condition.not);
    parts.push({ text: 'not', holds: !inner.holds, parts: [inner] });
  }
  if (condition.container !== undefined) {
    const atoms = containerAtoms(condition.container);
    const containers = facts.containers.map((container, index) =>
      explainAtoms(`container ${container.name ?? index}`, atoms, containerSubject(container)),
    );
    parts.push(someOf('some container', containers));
  }
  if (condition.pod !== undefined) {
    parts.push(explainAtoms('pod', podAtoms(condition.pod), podSubject(facts)));
  }
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : everyOf('all', parts);
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

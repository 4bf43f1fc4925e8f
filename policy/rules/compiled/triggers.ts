/** The clauses that wake a rule: of which at least one holds wherever the rule's formula does. */
import { describeAtom } from '../atoms';
import type { Clause, Formula } from '../formula';
import { atomCost } from './atom-order';

/** A clause of a set of formulas. Equal ones are one, however many formulas have them. */
export interface NumberedClause {
  readonly id: number;
  readonly clause: Clause;
  /** How many formulas' places have it. */
  readonly uses: number;
}

/** Numbers the clauses of formulas from 0. The map has each clause of each formula; equal clauses have the same entry. */
export function numberClauses(formulas: readonly Formula[]): ReadonlyMap<Clause, NumberedClause> {
  const numbered = new Map<Clause, NumberedClause>();
  const byKey = new Map<string, { id: number; clause: Clause; uses: number }>();

  function number(formula: Formula): void {
    switch (formula.kind) {
      case 'all':
      case 'any':
        return formula.parts.forEach(number);
      case 'not':
        return number(formula.part);
      case 'container':
      case 'pod': {
        const key = `${formula.kind}: ${formula.atoms.map(describeAtom).sort().join(', ')}`;
        const known = byKey.get(key) ?? { id: byKey.size, clause: formula, uses: 0 };
        known.uses++;
        byKey.set(key, known);
        numbered.set(formula, known);
      }
    }
  }

  formulas.forEach(number);
  return numbered;
}

interface Triggers {
  readonly clauses: readonly number[];
  /** The lower, the fewer formulas are woken in vain. */
  readonly cost: number;
}

/**
 * The cheapest triggers of a formula, or undefined where it can hold without any clause holding, as a negation can.
 * Of a conjunction any part's triggers will do, of a disjunction every part's are needed.
 */
export function triggersOf(
  formula: Formula,
  numbered: ReadonlyMap<Clause, NumberedClause>,
): Triggers | undefined {
  switch (formula.kind) {
    case 'container':
    case 'pod':
      return clauseTriggers(numbered.get(formula));
    case 'not':
      return undefined;
    case 'all':
      return formula.parts
        .map((part) => triggersOf(part, numbered))
        .reduce((best, triggers) => cheaper(best, triggers), undefined);
    case 'any':
      return formula.parts
        .map((part) => triggersOf(part, numbered))
        .reduce((sum, triggers) => together(sum, triggers), { clauses: [], cost: 0 });
  }
}

/** A clause that many formulas share wakes them all, and one an index cannot answer at once fires often. */
function clauseTriggers(numbered: NumberedClause | undefined): Triggers | undefined {
  if (numbered === undefined) return undefined;
  const { id, clause, uses } = numbered;
  return { clauses: [id], cost: uses * Math.min(...clause.atoms.map(atomCost)) };
}

function cheaper(a: Triggers | undefined, b: Triggers | undefined): Triggers | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.cost < a.cost ? b : a;
}

function together(a: Triggers | undefined, b: Triggers | undefined): Triggers | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { clauses: [...a.clauses, ...b.clauses], cost: a.cost + b.cost };
}

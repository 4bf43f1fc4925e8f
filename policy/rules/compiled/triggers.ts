/** The clauses that wake a rule: of which at least one holds wherever the rule's formula does. */
import { describeAtom } from '../ask';
import type { Atom } from '../atoms';
import type { Clause, ContainerFormula, Formula } from '../formula';
import { atomCost } from './atom-order';

/** A clause of a set of formulas. Equal ones are one, however many formulas have them. */
export interface NumberedClause {
  readonly id: number;
  readonly clause: Clause;
  /** Atoms that one subject satisfies wherever the clause holds. */
  readonly atoms: readonly Atom[];
  /** Whether the clause holds wherever one subject satisfies these atoms. */
  readonly isConjunction: boolean;
  /** How many formulas' places have it. */
  readonly uses: number;
}

/** Numbers the clauses of formulas from 0. The map has each clause of each formula; equal clauses have the same entry. */
export function numberClauses(formulas: readonly Formula[]): ReadonlyMap<Clause, NumberedClause> {
  const numbered = new Map<Clause, NumberedClause>();
  const byKey = new Map<string, NumberedClause & { uses: number }>();

  function number(formula: Formula): void {
    switch (formula.kind) {
      case 'all':
      case 'any':
        return formula.parts.forEach(number);
      case 'not':
        return number(formula.part);
      case 'container':
      case 'everyContainer':
      case 'pod': {
        const key = keyOf(formula);
        const known = byKey.get(key) ?? { id: byKey.size, uses: 0, ...indexed(formula) };
        known.uses++;
        byKey.set(key, known);
        numbered.set(formula, known);
      }
    }
  }

  formulas.forEach(number);
  return numbered;
}

function keyOf(clause: Clause): string {
  const asked = clause.kind === 'pod' ? atomsKey(clause.atoms) : formulaKey(clause.formula);
  return `${clause.kind}: ${asked}`;
}

function formulaKey(formula: ContainerFormula): string {
  switch (formula.kind) {
    case 'all':
    case 'any':
      return `${formula.kind} (${formula.parts.map(formulaKey).join('; ')})`;
    case 'not':
      return `not (${formulaKey(formula.part)})`;
    case 'test':
      return atomsKey(formula.atoms);
  }
}

const atomsKey = (atoms: readonly Atom[]): string => atoms.map(describeAtom).sort().join(', ');

function indexed(clause: Clause): Pick<NumberedClause, 'clause' | 'atoms' | 'isConjunction'> {
  if (clause.kind === 'pod') return { clause, atoms: clause.atoms, isConjunction: true };
  const { atoms, isConjunction } = necessary(clause.formula);
  return { clause, atoms, isConjunction: isConjunction && clause.kind === 'container' };
}

/** The atoms of a formula that are joined by `all` alone, and whether that is all of it. */
function necessary(formula: ContainerFormula): Pick<NumberedClause, 'atoms' | 'isConjunction'> {
  if (formula.kind === 'test') return { atoms: formula.atoms, isConjunction: true };
  if (formula.kind !== 'all') return { atoms: [], isConjunction: false };
  const parts = formula.parts.map(necessary);
  return {
    atoms: parts.flatMap(({ atoms }) => atoms),
    isConjunction: parts.every(({ isConjunction }) => isConjunction),
  };
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
    case 'everyContainer':
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
  if (numbered === undefined || numbered.atoms.length === 0) return undefined;
  const { id, atoms, uses } = numbered;
  return { clauses: [id], cost: uses * Math.min(...atoms.map(atomCost)) };
}

function cheaper(a: Triggers | undefined, b: Triggers | undefined): Triggers | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.cost < a.cost ? b : a;
}

function together(a: Triggers | undefined, b: Triggers | undefined): Triggers | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { clauses: [...a.clauses, ...b.clauses], cost: a.cost + b.cost };
}

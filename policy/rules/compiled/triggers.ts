/**
 * Conditions as formulas over numbered clauses, and what must fire before a formula can hold. A clause is one `container` or `pod`
 * condition; equal ones are one clause, however many rules have them.
 */
import type { Atom } from '../atoms';
import { containerAtoms, describeAtom, podAtoms } from '../atoms';
import type { Condition } from '../../model/runtime-policy';
import { atomCost } from './atom-order';
import type { Clause } from './clauses';

export type Formula =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Formula[] }
  | { readonly kind: 'not'; readonly part: Formula }
  | { readonly kind: 'clause'; readonly id: number };

export interface NumberedClause extends Clause {
  /** `container`: holds when one container satisfies it. */
  readonly scope: 'container' | 'pod';
  /** How many formulas' places have it. */
  readonly uses: number;
}

export interface FormulaSet {
  readonly formulas: readonly Formula[];
  /** By number. */
  readonly clauses: readonly NumberedClause[];
}

export function compileConditions(conditions: readonly Condition[]): FormulaSet {
  const clauses: (NumberedClause & { uses: number })[] = [];
  const byKey = new Map<string, NumberedClause & { uses: number }>();

  function clause(scope: NumberedClause['scope'], atoms: readonly Atom[]): Formula {
    const key = `${scope}: ${atoms.map(describeAtom).sort().join(', ')}`;
    const known = byKey.get(key) ?? { id: clauses.length, scope, atoms, uses: 0 };
    if (known.uses === 0) {
      byKey.set(key, known);
      clauses.push(known);
    }
    known.uses++;
    return { kind: 'clause', id: known.id };
  }

  function compile({ all, any, not, container, pod }: Condition): Formula {
    const parts: Formula[] = (all ?? []).map(compile);
    if (any !== undefined) parts.push({ kind: 'any', parts: any.map(compile) });
    if (not !== undefined) parts.push({ kind: 'not', part: compile(not) });
    if (container !== undefined) parts.push(clause('container', containerAtoms(container)));
    if (pod !== undefined) parts.push(clause('pod', podAtoms(pod)));
    const [only, ...others] = parts;
    return only !== undefined && others.length === 0 ? only : { kind: 'all', parts };
  }

  return { formulas: conditions.map(compile), clauses };
}

export function formulaHolds(formula: Formula, clauseHolds: (id: number) => boolean): boolean {
  switch (formula.kind) {
    case 'clause':
      return clauseHolds(formula.id);
    case 'not':
      return !formulaHolds(formula.part, clauseHolds);
    case 'all':
      return formula.parts.every((part) => formulaHolds(part, clauseHolds));
    case 'any':
      return formula.parts.some((part) => formulaHolds(part, clauseHolds));
  }
}

/** Clauses of which at least one holds wherever the formula does, and how much they are worth waiting for. */
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
  clauses: readonly NumberedClause[],
): Triggers | undefined {
  switch (formula.kind) {
    case 'clause':
      return { clauses: [formula.id], cost: clauseCost(clauses[formula.id]) };
    case 'not':
      return undefined;
    case 'all':
      return formula.parts
        .map((part) => triggersOf(part, clauses))
        .reduce((best, triggers) => cheaper(best, triggers), undefined);
    case 'any':
      return formula.parts
        .map((part) => triggersOf(part, clauses))
        .reduce((sum, triggers) => together(sum, triggers), { clauses: [], cost: 0 });
  }
}

/** A clause that many formulas share wakes them all, and one an index cannot answer at once fires often. */
function clauseCost(clause: NumberedClause | undefined): number {
  return clause === undefined ? 0 : clause.uses * Math.min(...clause.atoms.map(atomCost));
}

function cheaper(a: Triggers | undefined, b: Triggers | undefined): Triggers | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.cost < a.cost ? b : a;
}

function together(a: Triggers | undefined, b: Triggers | undefined): Triggers | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { clauses: [...a.clauses, ...b.clauses], cost: a.cost + b.cost };
}

/** The condition of a rule as CEL: whether it holds, and which containers show it. */
import type { Atom } from '../../rules/atoms';
import type { Clause, ContainerFormula, Formula, FormulaOf } from '../../rules/formula';
import { formulaOf, isList, isNegation } from '../../rules/formula';
import type { Rule } from '../../model/runtime-policy';
import { containerAtom, podAtom } from './atoms';
import { and, not, or } from './text';

/** Whether the rule matches the pod. */
export function conditionOf({ when }: Pick<Rule, 'when'>): string {
  return expressionOf(formulaOf(when), clauseExpression);
}

function expressionOf<Leaf extends { readonly kind: string }>(
  formula: FormulaOf<Leaf>,
  leafExpression: (leaf: Leaf) => string,
): string {
  if (isList(formula)) {
    const parts = formula.parts.map((part) => expressionOf(part, leafExpression));
    return formula.kind === 'all' ? and(parts) : or(parts);
  }
  return isNegation(formula)
    ? not(expressionOf(formula.part, leafExpression))
    : leafExpression(formula);
}

function clauseExpression(clause: Clause): string {
  switch (clause.kind) {
    case 'pod':
      return and(clause.atoms.map(podAtom));
    case 'container':
      return `variables.containers.exists(c, ${ofContainer(clause.formula)})`;
    case 'everyContainer':
      return `variables.containers.size() > 0 && variables.containers.all(c, ${ofContainer(clause.formula)})`;
  }
}

function ofContainer(formula: ContainerFormula): string {
  return expressionOf(formula, ({ atoms }) => and(atoms.map(containerAtom)));
}

/** The list of the names of the containers that satisfy a `container` condition of the rule, as `policy/rules/matched.ts` finds them. */
export function matchedNames({ when }: Pick<Rule, 'when'>): string {
  const lists = containerFormulas(formulaOf(when)).map(
    (formula) => `variables.containers.map(c, ${ofContainer(formula)}, c.name)`,
  );
  return lists.length === 0 ? '[]' : lists.join(' + ');
}

function containerFormulas(formula: Formula): readonly ContainerFormula[] {
  switch (formula.kind) {
    case 'all':
    case 'any':
      return formula.parts.flatMap(containerFormulas);
    case 'container':
      return [formula.formula];
    case 'not':
    case 'everyContainer':
    case 'pod':
      return [];
  }
}

/** Every question of the rules. */
export interface Questions {
  readonly ofContainers: readonly Atom[];
  readonly ofPod: readonly Atom[];
}

export function questionsOf(rules: readonly Rule[]): Questions {
  const clauses = rules.flatMap(({ when }) => leavesOf(formulaOf(when)));
  return {
    ofContainers: clauses.flatMap((clause) =>
      clause.kind === 'pod' ? [] : leavesOf(clause.formula).flatMap(({ atoms }) => atoms),
    ),
    ofPod: clauses.flatMap((clause) => (clause.kind === 'pod' ? clause.atoms : [])),
  };
}

function leavesOf<Leaf extends { readonly kind: string }>(formula: FormulaOf<Leaf>): Leaf[] {
  if (isList(formula)) return formula.parts.flatMap((part) => leavesOf(part));
  return isNegation(formula) ? leavesOf(formula.part) : [formula];
}

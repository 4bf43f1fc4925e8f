/** The leaves of a formula, each with the side of the negations it is on. */
import type { FormulaOf } from '../rules/formula';
import { isList, isNegation } from '../rules/formula';

interface PlacedLeaf<Leaf> {
  readonly leaf: Leaf;
  /** False inside an odd number of `not`. */
  readonly holds: boolean;
}

export function leavesOf<Leaf extends { readonly kind: string }>(
  formula: FormulaOf<Leaf>,
  holds = true,
): readonly PlacedLeaf<Leaf>[] {
  if (isNegation(formula)) return leavesOf(formula.part, !holds);
  if (isList(formula)) return formula.parts.flatMap((part) => leavesOf(part, holds));
  return [{ leaf: formula, holds }];
}

/** What can be proved of conditions. False means not proved: every proof is by the contradictions of `contradiction.ts`. */
import { bothCases, casesOf, isImpossible, type Case } from './cases';
import type { Formula } from '../rules/formula';

/** No pod satisfies it. */
export function neverHolds(formula: Formula): boolean {
  return casesOf(formula)?.every(isImpossible) === true;
}

/** Every pod satisfies it. */
export function alwaysHolds(formula: Formula): boolean {
  return casesOf(formula, false)?.every(isImpossible) === true;
}

/** A condition taken apart once, to be compared with many others. */
export interface Comparable {
  readonly holds: readonly Case[];
  readonly fails: readonly Case[];
}

/** Undefined where the condition is too large to be compared. */
export function comparable(formula: Formula): Comparable | undefined {
  const holds = casesOf(formula);
  const fails = casesOf(formula, false);
  return holds && fails && { holds, fails };
}

/** Every pod that satisfies `one` satisfies `other`. */
export function implies(one: Comparable, other: Comparable): boolean {
  return one.holds.every((held) =>
    other.fails.every((failed) => {
      const both = bothCases(held, failed);
      return both !== undefined && isImpossible(both);
    }),
  );
}

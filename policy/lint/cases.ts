/** The ways in which a formula can hold, each a list of answers that must come together: its disjunctive normal form, up to a size. */
import { isContradiction, type Answer } from './contradiction';
import type { Atom } from '../rules/atoms';
import type { Clause, ContainerFormula, ContainerTest, Formula, FormulaOf } from '../rules/formula';
import { isList, isNegation } from '../rules/formula';

/** Answers about one container. */
type ContainerCase = readonly Answer[];

/** One way in which a condition can hold. */
export interface Case {
  readonly pod: readonly Answer[];
  /** For each of these some container has all its answers. */
  readonly some: readonly ContainerCase[];
  /** Each container has all answers of one of these. */
  readonly every: readonly ContainerCase[];
}

/** More cases than a person can follow. Beyond them nothing is said of a formula. */
const MAX_CASES = 64;

/** Every way in which the formula, or with `holds: false` its negation, can hold; undefined where there are too many. */
export function casesOf(formula: Formula, holds = true): readonly Case[] | undefined {
  return normalForm(formula, holds, { leaf: clauseCases, both: bothCases, nothing: HOLDS });
}

const EVERY: readonly ContainerCase[] = [[]];
const HOLDS: Case = { pod: [], some: [], every: EVERY };

/** Whether no pod can be so. The API server refuses pods without containers. */
export function isImpossible({ pod, some, every }: Case): boolean {
  const isNone = (container: ContainerCase) =>
    every.every((each) => isContradiction([...container, ...each]));
  return isContradiction(pod) || [...some, []].some(isNone);
}

/** Both, or undefined where that is too large. */
export function bothCases(one: Case, other: Case): Case | undefined {
  const every = product(one.every, other.every, (a, b) => [...a, ...b]);
  return every && { pod: [...one.pod, ...other.pod], some: [...one.some, ...other.some], every };
}

function clauseCases(clause: Clause, holds: boolean): readonly Case[] | undefined {
  if (clause.kind === 'pod') {
    return answered(clause.atoms, holds).map((pod) => ({ ...HOLDS, pod }));
  }
  // "Some container is so" is not "each is otherwise", and the other way round. Every pod has a container.
  const isSome = (clause.kind === 'container') === holds;
  const containers = containerCases(clause.formula, holds);
  if (containers === undefined) return undefined;
  return isSome
    ? containers.map((container) => ({ ...HOLDS, some: [container] }))
    : [{ ...HOLDS, every: containers }];
}

function containerCases(
  formula: ContainerFormula,
  holds: boolean,
): readonly ContainerCase[] | undefined {
  return normalForm<ContainerTest, ContainerCase>(formula, holds, {
    leaf: ({ atoms }, isHeld) => answered(atoms, isHeld),
    both: (one, other) => [...one, ...other],
    nothing: [],
  });
}

function answered(atoms: readonly Atom[], holds: boolean): readonly (readonly Answer[])[] {
  const answers = atoms.map((atom) => ({ atom, holds }));
  return holds ? [answers] : answers.map((answer) => [answer]);
}

interface Algebra<Leaf, C> {
  readonly leaf: (leaf: Leaf, holds: boolean) => readonly C[] | undefined;
  readonly both: (one: C, other: C) => C | undefined;
  /** The case that asks nothing. */
  readonly nothing: C;
}

function normalForm<Leaf extends { readonly kind: string }, C>(
  formula: FormulaOf<Leaf>,
  holds: boolean,
  algebra: Algebra<Leaf, C>,
): readonly C[] | undefined {
  if (isNegation(formula)) return normalForm(formula.part, !holds, algebra);
  if (!isList(formula)) return atMost(algebra.leaf(formula, holds));
  const parts = formula.parts.map((part) => normalForm(part, holds, algebra));
  const isEach = (formula.kind === 'all') === holds;
  return parts.reduce<readonly C[] | undefined>(
    (cases, part) => {
      if (cases === undefined || part === undefined) return undefined;
      return isEach ? product(cases, part, algebra.both) : atMost([...cases, ...part]);
    },
    isEach ? [algebra.nothing] : [],
  );
}

function product<C>(
  ones: readonly C[],
  others: readonly C[],
  both: (one: C, other: C) => C | undefined,
): readonly C[] | undefined {
  if (ones.length * others.length > MAX_CASES) return undefined;
  const cases = ones.flatMap((one) => others.map((other) => both(one, other)));
  return cases.every((found) => found !== undefined) ? cases : undefined;
}

function atMost<C>(cases: readonly C[] | undefined): readonly C[] | undefined {
  return cases === undefined || cases.length > MAX_CASES ? undefined : cases;
}

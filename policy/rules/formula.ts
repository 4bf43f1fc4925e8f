/**
 * Conditions as formulas over clauses: the one form that matching, explaining and the graph of the Rego constraints are made from.
 * What the members of a condition mean together is written here and nowhere else.
 */
import type { Atom, ContainerMembers, PodCondition } from './atoms';
import { atomHolds } from './ask';
import { containerAtoms, podAtoms } from './atoms';
import type { Condition } from '../model/runtime-policy';
import type { Subject, Subjects } from '../pod/subject';

interface ListOf<Leaf> {
  readonly kind: 'all' | 'any';
  readonly parts: readonly FormulaOf<Leaf>[];
}

interface NotOf<Leaf> {
  readonly kind: 'not';
  readonly part: FormulaOf<Leaf>;
}

/** A condition of conditions, down to a leaf. */
export type FormulaOf<Leaf> = ListOf<Leaf> | NotOf<Leaf> | Leaf;

/** What stands directly in one `container` condition: it holds of a container that satisfies every atom. */
export interface ContainerTest {
  readonly kind: 'test';
  /** Where it is in the rule's condition, such as `any[1].container.not`. */
  readonly path: string;
  readonly condition: ContainerMembers;
  readonly atoms: readonly Atom[];
}

/** What is asked of one container. */
export type ContainerFormula = FormulaOf<ContainerTest>;

/**
 * One `container`, `everyContainer` or `pod` condition. `container` holds when its formula holds of one container, `everyContainer`
 * where there are containers and it holds of each.
 */
export type Clause =
  | {
      readonly kind: 'container' | 'everyContainer';
      /** Where it is in the rule's condition, such as `any[1].not.container`. */
      readonly path: string;
      readonly formula: ContainerFormula;
    }
  | {
      readonly kind: 'pod';
      readonly path: string;
      readonly condition: PodCondition;
      readonly atoms: readonly Atom[];
    };

export type Formula = FormulaOf<Clause>;

/** The formula of a condition: every member that is present must hold. */
export function formulaOf(condition: Condition, prefix = ''): Formula {
  const { all, any, not, container, everyContainer, pod } = condition;
  const parts = nested<Condition, Clause>({ all, any, not }, prefix, formulaOf);
  const inContainers = { container, everyContainer };
  for (const kind of ['container', 'everyContainer'] as const) {
    const asked = inContainers[kind];
    const path = prefix + kind;
    if (asked !== undefined) parts.push({ kind, path, formula: containerFormulaOf(asked, path) });
  }
  if (pod !== undefined) {
    parts.push({ kind: 'pod', path: `${prefix}pod`, condition: pod, atoms: podAtoms(pod) });
  }
  return together(parts);
}

type ContainerCondition = NonNullable<Condition['container']>;

function containerFormulaOf(
  { all, any, not, ...members }: ContainerCondition,
  path: string,
): ContainerFormula {
  const parts = nested<ContainerCondition, ContainerTest>(
    { all, any, not },
    `${path}.`,
    (member, place) => containerFormulaOf(member, place.slice(0, -1)),
  );
  const atoms = containerAtoms(members);
  if (atoms.length > 0) parts.push({ kind: 'test', path, condition: members, atoms });
  return together(parts);
}

interface Nested<C> {
  readonly all: readonly C[] | undefined;
  readonly any: readonly C[] | undefined;
  readonly not: C | undefined;
}

/** The formulas of `all`, `any` and `not`; each member's place ends with a dot. */
function nested<C, Leaf>(
  { all, any, not }: Nested<C>,
  prefix: string,
  inner: (member: C, place: string) => FormulaOf<Leaf>,
): FormulaOf<Leaf>[] {
  const listOf = (kind: 'all' | 'any', members: readonly C[]): FormulaOf<Leaf> => ({
    kind,
    parts: members.map((member, index) => inner(member, `${prefix}${kind}[${index}].`)),
  });
  return [
    ...(all === undefined ? [] : [listOf('all', all)]),
    ...(any === undefined ? [] : [listOf('any', any)]),
    ...(not === undefined ? [] : [{ kind: 'not', part: inner(not, `${prefix}not.`) } as const]),
  ];
}

function together<Leaf>(parts: readonly FormulaOf<Leaf>[]): FormulaOf<Leaf> {
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : { kind: 'all', parts };
}

/** Whether a formula holds, given which of its leaves do. */
export function formulaHolds<Leaf extends { readonly kind: string }>(
  formula: FormulaOf<Leaf>,
  holds: (leaf: Leaf) => boolean,
): boolean {
  if (isList(formula)) {
    return formula.kind === 'all'
      ? formula.parts.every((part) => formulaHolds(part, holds))
      : formula.parts.some((part) => formulaHolds(part, holds));
  }
  return isNegation(formula) ? !formulaHolds(formula.part, holds) : holds(formula);
}

export function isList<Leaf extends { readonly kind: string }>(
  formula: FormulaOf<Leaf>,
): formula is ListOf<Leaf> {
  return formula.kind === 'all' || formula.kind === 'any';
}

export function isNegation<Leaf extends { readonly kind: string }>(
  formula: NotOf<Leaf> | Leaf,
): formula is NotOf<Leaf> {
  return formula.kind === 'not';
}

export function clauseHolds(clause: Clause, { pod, containers }: Subjects): boolean {
  switch (clause.kind) {
    case 'pod':
      return atomsHold(clause.atoms, pod);
    case 'container':
      return containers.some((container) => holdsOf(clause.formula, container));
    case 'everyContainer':
      return (
        containers.length > 0 && containers.every((container) => holdsOf(clause.formula, container))
      );
  }
}

/** Whether it holds of this container. */
export function holdsOf(formula: ContainerFormula, container: Subject): boolean {
  return formulaHolds(formula, ({ atoms }) => atomsHold(atoms, container));
}

function atomsHold(atoms: readonly Atom[], subject: Subject): boolean {
  return atoms.every((atom) => atomHolds(atom, subject));
}

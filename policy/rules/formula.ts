/**
 * Conditions as formulas over clauses: the one form that matching, explaining and the graph of the Rego constraints are made from.
 * What the members of a condition mean together is written here and nowhere else.
 */
import type { Atom, ContainerCondition, PodCondition } from './atoms';
import { atomHolds, containerAtoms, podAtoms } from './atoms';
import type { Condition } from '../model/runtime-policy';
import type { Subjects } from '../pod/subject';

/** One `container` or `pod` condition. A `container` clause holds when one container satisfies every atom. */
export type Clause = ClauseOf<'container', ContainerCondition> | ClauseOf<'pod', PodCondition>;

interface ClauseOf<Kind extends 'container' | 'pod', Of> {
  readonly kind: Kind;
  /** Where it is in the rule's condition, such as `any[1].not.container`. */
  readonly path: string;
  readonly condition: Of;
  readonly atoms: readonly Atom[];
}

export type Formula =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Formula[] }
  | { readonly kind: 'not'; readonly part: Formula }
  | Clause;

/** The formula of a condition: every member that is present must hold. */
export function formulaOf(condition: Condition, prefix = ''): Formula {
  const { all, any, not, container, pod } = condition;
  const inner = (member: Condition, place: string) => formulaOf(member, `${prefix}${place}.`);
  const listOf = (kind: 'all' | 'any', members: readonly Condition[]): Formula => ({
    kind,
    parts: members.map((member, index) => inner(member, `${kind}[${index}]`)),
  });
  const parts: Formula[] = [];
  if (all !== undefined) parts.push(listOf('all', all));
  if (any !== undefined) parts.push(listOf('any', any));
  if (not !== undefined) parts.push({ kind: 'not', part: inner(not, 'not') });
  if (container !== undefined) {
    const atoms = containerAtoms(container);
    parts.push({ kind: 'container', path: `${prefix}container`, condition: container, atoms });
  }
  if (pod !== undefined) {
    parts.push({ kind: 'pod', path: `${prefix}pod`, condition: pod, atoms: podAtoms(pod) });
  }
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : { kind: 'all', parts };
}

export function formulaHolds(formula: Formula, holds: (clause: Clause) => boolean): boolean {
  switch (formula.kind) {
    case 'all':
      return formula.parts.every((part) => formulaHolds(part, holds));
    case 'any':
      return formula.parts.some((part) => formulaHolds(part, holds));
    case 'not':
      return !formulaHolds(formula.part, holds);
    case 'container':
    case 'pod':
      return holds(formula);
  }
}

export function clauseHolds({ kind, atoms }: Clause, { pod, containers }: Subjects): boolean {
  const subjects = kind === 'pod' ? [pod] : containers;
  return subjects.some((subject) => atoms.every((atom) => atomHolds(atom, subject)));
}

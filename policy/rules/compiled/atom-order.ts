/** In which order the atoms of a clause are asked: first those that few subjects satisfy and that an index answers at once. */
import type { Atom } from '../atoms';
import { describeAtom } from '../ask';
import { isSelective, isTextAtom } from './texts';

export interface OrderedAtom {
  /** Equal for equal atoms. */
  readonly key: string;
  readonly atom: Atom;
}

/** The rank of an atom, lower is asked first: a string with a literal, a threshold, anything else. */
export function atomCost(atom: Atom): number {
  if (isTextAtom(atom) && isSelective(atom)) return 1;
  return atom.kind === 'compare' ? 16 : 64;
}

/** Each clause's atoms, none twice, the most selective first: by cost, then the rarer among the clauses, then by key. */
export function orderAtoms(
  clauses: readonly (readonly Atom[])[],
): readonly (readonly OrderedAtom[])[] {
  const keyed = clauses.map((atoms) => new Map(atoms.map((atom) => [describeAtom(atom), atom])));
  const uses = new Map<string, number>();
  for (const clause of keyed) {
    for (const key of clause.keys()) uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return keyed.map((clause) =>
    [...clause]
      .map(([key, atom]) => ({ key, atom, cost: atomCost(atom), uses: uses.get(key) ?? 0 }))
      .sort((a, b) => a.cost - b.cost || a.uses - b.uses || (a.key < b.key ? -1 : 1)),
  );
}

/**
 * Which of many clauses hold for a subject, without asking each. A clause is a list of atoms that must all hold. Clauses are kept in a
 * trie over their atoms, the most selective first, and only branches whose atoms hold are walked: texts by lookup, thresholds in sorted
 * order up to the first that does not hold, the rest one by one.
 */
import type { Atom } from '../atoms';
import { atomHolds } from '../ask';
import type { Subject } from '../../pod/subject';
import type { OrderedAtom } from './atom-order';
import { orderAtoms } from './atom-order';
import type { TextIndex } from './texts';
import { compileTexts, isTextAtom } from './texts';

export interface Clause {
  readonly id: number;
  readonly atoms: readonly Atom[];
}

/** Calls back with the id of every clause that holds, each once. */
export type ClauseIndex = (subject: Subject, holds: (clause: number) => void) => void;

interface Node {
  /** Clauses whose atoms are all on the way here. */
  readonly clauses: number[];
  /** By field, then by key of the atom. */
  readonly texts: Map<string, Map<string, Node>>;
  /** By field. */
  readonly thresholds: Map<string, Thresholds>;
  readonly others: Branch[];
}

interface Branch {
  readonly atom: Atom;
  readonly node: Node;
}

/** Sorted so that the bounds a quantity keeps come first: lower ones rising, upper ones falling. */
interface Thresholds {
  readonly lower: Branch[];
  readonly upper: Branch[];
}

export function compileClauses(clauses: readonly Clause[]): ClauseIndex {
  const ordered = orderAtoms(clauses.map(({ atoms }) => atoms));
  const root = emptyNode();
  const branches = new Map<Node, Map<string, Node>>();
  clauses.forEach(({ id }, index) => {
    let node = root;
    for (const atom of ordered[index] ?? []) {
      const from = node;
      const known = getOrAdd(branches, from, () => new Map<string, Node>());
      node = getOrAdd(known, atom.key, () => addBranch(from, atom));
    }
    node.clauses.push(id);
  });
  for (const node of branches.keys()) node.thresholds.forEach(sortThresholds);
  const fields = compileFields(ordered.flat());
  return (subject, holds) => walk(root, { subject, fields, texts: new Map() }, holds);
}

function addBranch(from: Node, { key, atom }: OrderedAtom): Node {
  const node = emptyNode();
  if (isTextAtom(atom)) {
    getOrAdd(from.texts, atom.field, () => new Map<string, Node>()).set(key, node);
  } else if (atom.kind === 'compare') {
    const thresholds = getOrAdd(from.thresholds, atom.field, () => ({ lower: [], upper: [] }));
    const isLower = atom.comparison === 'gt' || atom.comparison === 'gte';
    (isLower ? thresholds.lower : thresholds.upper).push({ atom, node });
  } else {
    from.others.push({ atom, node });
  }
  return node;
}

function sortThresholds({ lower, upper }: Thresholds): void {
  lower.sort((a, b) => compareBounds(a.atom, b.atom));
  upper.sort((a, b) => compareBounds(b.atom, a.atom));
}

/** Along the number line, where what is kept by `gte` and `lt` begins and ends just before what is kept by `gt` and `lte`. */
function compareBounds(a: Atom, b: Atom): number {
  if (a.kind !== 'compare' || b.kind !== 'compare') return 0;
  if (a.threshold !== b.threshold) return a.threshold < b.threshold ? -1 : 1;
  const isAfter = ({ comparison }: typeof a) => comparison === 'gt' || comparison === 'lte';
  return Number(isAfter(a)) - Number(isAfter(b));
}

function compileFields(atoms: readonly OrderedAtom[]): ReadonlyMap<string, TextIndex> {
  const byField = new Map<string, Map<string, OrderedAtom>>();
  for (const ordered of atoms) {
    if (!isTextAtom(ordered.atom)) continue;
    getOrAdd(byField, ordered.atom.field, () => new Map()).set(ordered.key, ordered);
  }
  return new Map(
    [...byField].map(([field, unique]) => [field, compileTexts([...unique.values()])]),
  );
}

/** A subject on its way through the trie, and what has been found out about its texts. */
interface Walk {
  readonly subject: Subject;
  readonly fields: ReadonlyMap<string, TextIndex>;
  /** By field, once asked for: the keys of the atoms that hold. */
  readonly texts: Map<string, ReadonlySet<string>>;
}

function walk(root: Node, state: Walk, holds: (clause: number) => void): void {
  const { subject } = state;
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    node.clauses.forEach(holds);
    pushTexts(node, state, pending);
    for (const [, { lower, upper }] of shared(node.thresholds, subject.quantities)) {
      pushWhileHolding(lower, subject, pending);
      pushWhileHolding(upper, subject, pending);
    }
    for (const { atom, node: child } of node.others) {
      if (atomHolds(atom, subject)) pending.push(child);
    }
  }
}

function pushTexts(node: Node, state: Walk, pending: Node[]): void {
  for (const [field, children] of shared(node.texts, state.subject.texts)) {
    const holding = getOrAdd(state.texts, field, () => {
      const text = state.subject.texts.get(field);
      return state.fields.get(field)?.(text ?? '') ?? new Set();
    });
    for (const [, child] of shared(children, holding)) pending.push(child);
  }
}

function pushWhileHolding(branches: readonly Branch[], subject: Subject, pending: Node[]): void {
  for (const { atom, node } of branches) {
    if (!atomHolds(atom, subject)) return;
    pending.push(node);
  }
}

/** The entries whose keys are also in the other collection, found by going through the smaller of the two. */
function* shared<V>(
  entries: ReadonlyMap<string, V>,
  keys: ReadonlyMap<string, unknown> | ReadonlySet<string>,
): Iterable<readonly [string, V]> {
  if (entries.size <= keys.size) {
    for (const entry of entries) if (keys.has(entry[0])) yield entry;
    return;
  }
  for (const key of keys.keys()) {
    const value = entries.get(key);
    if (value !== undefined) yield [key, value];
  }
}

function emptyNode(): Node {
  return { clauses: [], texts: new Map(), thresholds: new Map(), others: [] };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}

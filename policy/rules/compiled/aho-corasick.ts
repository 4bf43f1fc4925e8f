/**
 * Finding many literals in one pass over a string (Aho and Corasick, "Efficient string matching: an aid to bibliographic search",
 * CACM 18(6), 1975). Characters are UTF-16 code units, as for `String.prototype.includes`.
 */

/** Returns the indices of the literals that occur in a string, each once, in no particular order. */
export type LiteralFinder = (text: string) => readonly number[];

/** A trie of literals. Node 0 is the root; edges are in one map, keyed by node and character class. */
interface Automaton {
  /** Classes of the characters that occur in literals, from 0; all others lead to the root. */
  readonly classes: ReadonlyMap<number, number>;
  readonly edges: ReadonlyMap<number, number>;
  /** The literal that ends at a node, or -1. */
  readonly literalAt: Int32Array;
  /** The node of the longest proper suffix that is in the trie. */
  readonly failure: Int32Array;
  /** The nearest node along the failure links where a literal ends; 0 if there is none. */
  readonly nextEnd: Int32Array;
}

/**
 * Compiles literals, none empty and none twice. A scan costs the length of the text and the number of literals found, whatever the
 * literals are.
 */
export function compileLiterals(literals: readonly string[]): LiteralFinder {
  const automaton = buildAutomaton(literals);
  const { literalAt, nextEnd } = automaton;
  const isFound = new Uint8Array(literalAt.length);

  return (text) => {
    const found: number[] = [];
    let node = 0;
    for (let index = 0; index < text.length; index++) {
      node = step(automaton, node, text.charCodeAt(index));
      let end = literalAt[node] === -1 ? nextEnd[node] : node;
      // Behind a node seen before, everything has been seen: no chain is followed twice in one scan.
      while (end !== undefined && end !== 0 && isFound[end] === 0) {
        isFound[end] = 1;
        found.push(end);
        end = nextEnd[end];
      }
    }
    for (const end of found) isFound[end] = 0;
    return found.map((end) => literalAt[end] ?? -1);
  };
}

function step({ classes, edges, failure }: Automaton, from: number, charCode: number): number {
  const characterClass = classes.get(charCode);
  if (characterClass === undefined) return 0;
  let node = from;
  for (;;) {
    const next = edges.get(node * classes.size + characterClass);
    if (next !== undefined) return next;
    if (node === 0) return 0;
    node = failure[node] ?? 0;
  }
}

function buildAutomaton(literals: readonly string[]): Automaton {
  const classes = characterClasses(literals);
  const edges = new Map<number, number>();
  const parents: number[] = [0];
  const entered: number[] = [0]; // charCode of the edge into a node
  const ends = new Map<number, number>();
  literals.forEach((literal, index) => {
    let node = 0;
    for (let position = 0; position < literal.length; position++) {
      const charCode = literal.charCodeAt(position);
      const key = node * classes.size + (classes.get(charCode) ?? 0);
      const next = edges.get(key) ?? parents.length;
      if (next === parents.length) {
        edges.set(key, next);
        parents.push(node);
        entered.push(charCode);
      }
      node = next;
    }
    ends.set(node, index);
  });

  const size = parents.length;
  const literalAt = new Int32Array(size).fill(-1);
  for (const [node, index] of ends) literalAt[node] = index;
  const automaton = {
    classes,
    edges,
    literalAt,
    failure: new Int32Array(size),
    nextEnd: new Int32Array(size),
  };
  for (const node of breadthFirst(parents))
    link(automaton, node, parents[node] ?? 0, entered[node] ?? 0);
  return automaton;
}

function link(automaton: Automaton, node: number, parent: number, charCode: number): void {
  const { failure, literalAt, nextEnd } = automaton;
  const suffix = parent === 0 ? 0 : step(automaton, failure[parent] ?? 0, charCode);
  failure[node] = suffix;
  nextEnd[node] = literalAt[suffix] === -1 ? (nextEnd[suffix] ?? 0) : suffix;
}

function characterClasses(literals: readonly string[]): ReadonlyMap<number, number> {
  const classes = new Map<number, number>();
  for (const literal of literals) {
    for (let index = 0; index < literal.length; index++) {
      const charCode = literal.charCodeAt(index);
      if (!classes.has(charCode)) classes.set(charCode, classes.size);
    }
  }
  return classes;
}

/** All nodes but the root, parents first and short literals' nodes before longer ones. */
function breadthFirst(parents: readonly number[]): readonly number[] {
  const depths = new Int32Array(parents.length);
  parents.forEach((parent, node) => {
    if (node > 0) depths[node] = (depths[parent] ?? 0) + 1; // A parent is always made before its children.
  });
  return [...parents.keys()].slice(1).sort((a, b) => (depths[a] ?? 0) - (depths[b] ?? 0));
}

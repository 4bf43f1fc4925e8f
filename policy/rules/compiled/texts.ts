/**
 * Which string comparisons of one field hold: one hash lookup for exact strings, one scan for all literals, and globs only where a
 * literal of theirs occurs.
 */
import type { Atom } from '../atoms';
import { globMatches } from '../../../base/glob';
import { compileLiterals } from './aho-corasick';

export type TextAtom = Extract<Atom, { kind: 'contains' | 'glob' }>;

interface KeyedAtom {
  readonly key: string;
  readonly atom: Atom;
}

/** Returns the keys of the atoms that hold for a string. */
export type TextIndex = (text: string) => ReadonlySet<string>;

/** Compiles text atoms about one field; their keys are unique. Atoms of other kinds never hold. */
export function compileTexts(atoms: readonly KeyedAtom[]): TextIndex {
  const always: string[] = [];
  const exact = new Map<string, string>();
  const byLiteral = new Map<string, { key: string; atom: TextAtom }[]>();
  for (const { key, atom } of atoms) {
    if (!isTextAtom(atom)) continue;
    const literal = requiredLiteral(atom);
    const group = byLiteral.get(literal);
    if (isExact(atom)) exact.set(literal, key);
    else if (literal === '') always.push(key);
    else if (group !== undefined) group.push({ key, atom });
    else byLiteral.set(literal, [{ key, atom }]);
  }
  const groups = [...byLiteral.values()];
  const findLiterals = compileLiterals([...byLiteral.keys()]);

  return (text) => {
    const holding = new Set(always);
    const equal = exact.get(text);
    if (equal !== undefined) holding.add(equal);
    for (const found of findLiterals(text)) {
      for (const { key, atom } of groups[found] ?? []) {
        if (atom.kind === 'contains' || globMatches(atom.glob, text)) holding.add(key);
      }
    }
    return holding;
  };
}

export function isTextAtom(atom: Atom): atom is TextAtom {
  return atom.kind === 'contains' || atom.kind === 'glob';
}

/** Whether the atom names at least one character that a string must have. */
export function isSelective(atom: TextAtom): boolean {
  return requiredLiteral(atom) !== '';
}

function isExact(atom: TextAtom): boolean {
  return atom.kind === 'glob' && !atom.glob.includes('*');
}

/** The longest text without which the atom cannot hold. */
function requiredLiteral(atom: TextAtom): string {
  if (atom.kind === 'contains') return atom.literal;
  return atom.glob
    .split('*')
    .reduce((longest, literal) => (literal.length > longest.length ? literal : longest), '');
}

/** Asking an atom of a container or pod, and saying it in words. */
import type { Atom, Comparison } from './atoms';
import { globMatches } from '../../base/glob';
import { formatQuantity } from '../pod/quantity';
import type { Element, Subject } from '../pod/subject';
import { FIELDS } from '../pod/subject';

type AtomOf<Kind extends Atom['kind']> = Extract<Atom, { readonly kind: Kind }>;
type ByKind<Result, Others extends unknown[]> = {
  readonly [Kind in Atom['kind']]: (atom: AtomOf<Kind>, ...others: Others) => Result;
};

/** Whether the atom holds for this container or pod. A missing value makes every comparison false. */
export function atomHolds(atom: Atom, subject: Subject): boolean {
  const holds = HOLDS[atom.kind] as (atom: Atom, subject: Subject) => boolean;
  return holds(atom, subject);
}

const HOLDS: ByKind<boolean, [Subject]> = {
  contains: ({ field, literal }, { texts }) => texts.get(field)?.includes(literal) === true,
  glob: ({ field, glob }, { texts }) => {
    const text = texts.get(field);
    return text !== undefined && globMatches(glob, text);
  },
  compare: ({ field, comparison, threshold }, { quantities }) => {
    const quantity = quantities.get(field);
    return quantity !== undefined && compare(quantity, comparison, threshold);
  },
  exists: ({ field, value }, subject) => exists(field, subject) === value,
  flag: ({ field, value }, { flags }) => flags.get(field) === value,
  member: ({ field, anyOf }, { sets }) => {
    const set = sets.get(field);
    return set !== undefined && anyOf.some((member) => set.has(member));
  },
  element: ({ field, atoms }, { lists }) =>
    (lists.get(field) ?? []).some((element) => {
      const subject = elementSubject(element);
      return atoms.every((inner) => atomHolds(inner, subject));
    }),
  someField: ({ field, atoms }, subject) =>
    matchingFields(field, subject).some((found) =>
      atoms.every((inner) => atomHolds({ ...inner, field: found }, subject)),
    ),
  fieldExists: ({ field, value }, subject) => matchingFields(field, subject).length > 0 === value,
};

/** The question in words: `image contains "pytorch"`, `requests.cpu gt 4`. Equal atoms read alike, different ones differ. */
export function describeAtom(atom: Atom): string {
  const describe = DESCRIBE[atom.kind] as (atom: Atom) => string;
  return describe(atom);
}

const together = (atoms: readonly Atom[]): string => atoms.map(describeAtom).join(' and ');
const existence = (value: boolean): string => (value ? 'exists' : 'does not exist');

const DESCRIBE: ByKind<string, []> = {
  contains: ({ field, literal }) => `${field} contains ${JSON.stringify(literal)}`,
  glob: ({ field, glob }) => `${field === '' ? '' : `${field} `}is ${JSON.stringify(glob)}`,
  compare: ({ field, comparison, threshold }) =>
    `${field} ${comparison} ${formatQuantity(threshold)}`,
  exists: ({ field, value }) => `${field} ${existence(value)}`,
  flag: ({ field, value }) => `${field} is ${value}`,
  member: ({ field, anyOf }) => `${field} has ${anyOf.join(' or ')}`,
  element: ({ field, atoms }) => `${field} has one of which ${together(atoms)}`,
  someField: ({ atoms }) => `one of ${together(atoms)}`,
  fieldExists: ({ field, value }) => `one of ${field} ${existence(value)}`,
};

/** The value a question was evaluated on; `missing` without one. */
export function seenBy({ field, kind }: Atom, subject: Subject): string {
  if (kind === 'someField' || kind === 'fieldExists') {
    const found = matchingFields(field, subject);
    return found.length === 0
      ? 'missing'
      : found.map((name) => `${name} ${valueOf(name, subject)}`).join(', ');
  }
  return valueOf(field, subject);
}

function valueOf(field: string, { texts, quantities, flags, sets, lists }: Subject): string {
  const quantity = quantities.get(field);
  const set = sets.get(field);
  const list = lists
    .get(field)
    ?.map((element) => (typeof element === 'string' ? element : [...element.values()].join(' ')));
  if (quantity !== undefined) return formatQuantity(quantity);
  if (set !== undefined) return set.size === 0 ? 'none' : [...set].sort().join(', ');
  if (list !== undefined) return list.length === 0 ? 'none' : list.join(', ');
  return texts.get(field) ?? flags.get(field)?.toString() ?? 'missing';
}

function exists(field: string, { texts, quantities, lists }: Subject): boolean {
  return texts.has(field) || quantities.has(field) || (lists.get(field)?.length ?? 0) > 0;
}

function matchingFields(glob: string, { texts, quantities }: Subject): readonly string[] {
  return [...texts.keys(), ...quantities.keys()].filter((field) => globMatches(glob, field));
}

function elementSubject(element: Element): Subject {
  const texts = typeof element === 'string' ? new Map([[FIELDS.ofElement, element]]) : element;
  return { texts, quantities: NONE, flags: NONE, sets: NONE, lists: NONE };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function compare(quantity: bigint, comparison: Comparison, threshold: bigint): boolean {
  switch (comparison) {
    case 'gt':
      return quantity > threshold;
    case 'gte':
      return quantity >= threshold;
    case 'lt':
      return quantity < threshold;
    case 'lte':
      return quantity <= threshold;
  }
}

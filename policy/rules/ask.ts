/** Asking an atom of a container or pod, and saying it in words. */
import type { Atom, Comparison } from './atoms';
import { globMatches } from '../../base/glob';
import { formatQuantity } from '../pod/quantity';
import type { Element, Subject } from '../pod/subject';
import { FIELDS } from '../pod/subject';

/** Whether the atom holds for this container or pod. A missing value makes every comparison false. */
export function atomHolds(atom: Atom, subject: Subject): boolean {
  const { field } = atom;
  switch (atom.kind) {
    case 'contains':
      return subject.texts.get(field)?.includes(atom.literal) === true;
    case 'glob': {
      const text = subject.texts.get(field);
      return text !== undefined && globMatches(atom.glob, text);
    }
    case 'compare': {
      const quantity = subject.quantities.get(field);
      return quantity !== undefined && compare(quantity, atom.comparison, atom.threshold);
    }
    case 'exists':
      return exists(field, subject) === atom.value;
    case 'flag':
      return subject.flags.get(field) === atom.value;
    case 'member': {
      const set = subject.sets.get(field);
      return set !== undefined && atom.anyOf.some((member) => set.has(member));
    }
    case 'element':
      return (subject.lists.get(field) ?? []).some((element) =>
        atom.atoms.every((inner) => atomHolds(inner, elementSubject(element))),
      );
    case 'someField':
      return matchingFields(field, subject).some((found) =>
        atom.atoms.every((inner) => atomHolds({ ...inner, field: found }, subject)),
      );
    case 'fieldExists':
      return matchingFields(field, subject).length > 0 === atom.value;
  }
}

/** The question in words: `image contains "pytorch"`, `requests.cpu gt 4`. Equal atoms read alike, different ones differ. */
export function describeAtom(atom: Atom): string {
  const { field } = atom;
  switch (atom.kind) {
    case 'contains':
      return `${field} contains ${JSON.stringify(atom.literal)}`;
    case 'glob':
      return `${field === '' ? '' : `${field} `}is ${JSON.stringify(atom.glob)}`;
    case 'compare':
      return `${field} ${atom.comparison} ${formatQuantity(atom.threshold)}`;
    case 'exists':
      return `${field} ${atom.value ? 'exists' : 'does not exist'}`;
    case 'flag':
      return `${field} is ${atom.value}`;
    case 'member':
      return `${field} has ${atom.anyOf.join(' or ')}`;
    case 'element':
      return `${field} has one of which ${atom.atoms.map(describeAtom).join(' and ')}`;
    case 'someField':
      return `one of ${atom.atoms.map(describeAtom).join(' and ')}`;
    case 'fieldExists':
      return `one of ${field} ${atom.value ? 'exists' : 'does not exist'}`;
  }
}

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

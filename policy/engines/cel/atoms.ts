/** One question of a rule as a CEL expression. A missing value makes it false, as in `policy/rules/ask.ts`. */
import { formatQuantity } from '../../pod/quantity';
import { FIELDS } from '../../pod/subject';
import type { Atom, Comparison } from '../../rules/atoms';
import { containerFact } from './container-facts';
import type { Access } from './pod-facts';
import { ELEMENT_FIELDS, POD_FIELDS, POD_LISTS, POD_MAPS } from './pod-facts';
import { and, globTest, literal, literals } from './text';

/** Where the values of a container, a pod or an element of a list are. */
interface Place {
  /** Of a text or a flag. */
  readonly access: (field: string) => Access;
  /** The map whose keys stand behind the first dot of a field, or undefined. */
  readonly map: (prefix: string) => string | undefined;
  readonly list: (field: string) => string | undefined;
  readonly member: (field: string, anyOf: readonly string[]) => string;
  /** Whether an amount of a resource, as the map holds it, compares so. */
  readonly compares: (amount: string, comparison: Comparison, threshold: bigint) => string;
}

/** Whether the atom holds for the container `c`. */
export function containerAtom(atom: Atom): string {
  return expressionOf(atom, CONTAINER);
}

/** Whether the atom holds for the pod. */
export function podAtom(atom: Atom): string {
  return expressionOf(atom, POD);
}

function expressionOf(atom: Atom, place: Place): string {
  const { field } = atom;
  switch (atom.kind) {
    case 'contains':
      return ofText(accessIn(place, field), (text) => `${text}.contains(${literal(atom.literal)})`);
    case 'glob':
      return ofText(accessIn(place, field), (text) => globTest(atom.glob, text));
    case 'compare':
      return ofText(accessIn(place, field), (amount) =>
        place.compares(amount, atom.comparison, atom.threshold),
      );
    case 'exists':
      return orNot(exists(place, field), atom.value);
    case 'flag':
      return ofText(place.access(field), (flag) => orNot(flag, atom.value));
    case 'member':
      return place.member(field, atom.anyOf);
    case 'element':
      return `${place.list(field) ?? '[]'}.exists(e, ${and(atom.atoms.map((inner) => expressionOf(inner, ELEMENT)))})`;
    case 'someField':
      return someKey(place, field, (key) =>
        and([...key, ...atom.atoms.map((inner) => expressionOf(inner, { ...place, ...OF_VALUE }))]),
      );
    case 'fieldExists':
      return orNot(someKey(place, field, and), atom.value);
  }
}

/** Of a value whatever its field is called. */
const OF_VALUE = { access: (): Access => ({ value: 'v' }), map: () => undefined };

function ofText({ value, exists: present }: Access, test: (value: string) => string): string {
  return and([...(present === undefined ? [] : [present]), test(value)]);
}

const orNot = (holds: string, value: boolean): string => (value ? holds : `!(${holds})`);

/** A key in a map, or a field. */
function accessIn(place: Place, field: string): Access {
  const found = keyIn(place, field);
  if (found === undefined) return place.access(field);
  const key = literal(found.key);
  return { value: `${found.map}[${key}]`, exists: `${key} in ${found.map}` };
}

function keyIn(place: Place, field: string): { map: string; key: string } | undefined {
  const dot = field.indexOf('.');
  const map = dot < 0 ? undefined : place.map(field.slice(0, dot));
  return map === undefined ? undefined : { map, key: field.slice(dot + 1) };
}

function exists(place: Place, field: string): string {
  const list = place.list(field);
  return list === undefined ? (accessIn(place, field).exists ?? 'true') : `${list}.size() > 0`;
}

/** Whether one key that the glob matches passes the test. */
function someKey(place: Place, field: string, test: (key: string[]) => string): string {
  const found = keyIn(place, field);
  return found === undefined
    ? 'false'
    : `${found.map}.exists(k, v, ${test([globTest(found.key, 'k')])})`;
}

const OPERATORS = { gt: '> 0', gte: '>= 0', lt: '< 0', lte: '<= 0' } as const;

function comparesTo(quantity: string, comparison: Comparison, threshold: bigint): string {
  return `${quantity}.compareTo(quantity(${literal(formatQuantity(threshold))})) ${OPERATORS[comparison]}`;
}

const CONTAINER: Place = {
  access: (field) => {
    const { name, isOptional } = containerFact(field);
    return { value: `c.${name}`, ...(isOptional && { exists: `has(c.${name})` }) };
  },
  map: (prefix) => (prefix === 'requests' || prefix === 'limits' ? `c.${prefix}` : undefined),
  list: (field) => (field === 'env' ? 'c.env' : undefined),
  member: (field, anyOf) => `c.${containerFact(field).name}.exists(x, x in ${literals(anyOf)})`,
  compares: (amount, ...threshold) => comparesTo(`quantity(${amount})`, ...threshold),
};

const POD: Place = {
  access: (field) => {
    const access = POD_FIELDS[field];
    if (access === undefined) throw new TypeError(`No field of a pod is called ${field}`);
    return access;
  },
  map: (prefix) => POD_MAPS[prefix],
  list: (field) => POD_LISTS[field],
  // Every volume has a name, which is no kind.
  member: (_, anyOf) =>
    `variables.volumes.exists(v, ${and(anyOf.map((kind) => (kind === 'name' ? 'false' : `${literal(kind)} in v`)))})`,
  compares: (amounts, comparison, threshold) =>
    `${amounts}.${comparison.startsWith('g') ? 'exists' : 'all'}(q, ${comparesTo('q', comparison, threshold)})`,
};

const ELEMENT: Place = {
  access: (field) => {
    if (field === FIELDS.ofElement) return { value: 'e' };
    const name = ELEMENT_FIELDS[field] ?? field;
    return { value: `e.${name}`, exists: `has(e.${name})` };
  },
  map: () => undefined,
  list: () => undefined,
  member: () => 'false',
  compares: () => 'false',
};

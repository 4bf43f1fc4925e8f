/**
 * Conditions taken apart: a `container` or `pod` condition is a list of atoms that must all hold, each one question about one field.
 * Matchers evaluate atoms and `explain` shows them.
 */
import { capabilityName } from '../pod/facts';
import { globMatches } from '../../base/glob';
import type { Condition } from '../model/runtime-policy';
import { formatQuantity, parseQuantity } from '../pod/quantity';
import type { Subject } from '../pod/subject';
import { CAPABILITIES_FIELD } from '../pod/subject';

const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const;
type Comparison = (typeof COMPARISONS)[number];

export type Atom =
  | { readonly kind: 'contains'; readonly field: string; readonly literal: string }
  | { readonly kind: 'glob'; readonly field: string; readonly glob: string }
  | {
      readonly kind: 'compare';
      readonly field: string;
      readonly comparison: Comparison;
      readonly threshold: bigint;
    }
  | { readonly kind: 'exists'; readonly field: string; readonly value: boolean }
  | { readonly kind: 'flag'; readonly field: string; readonly value: boolean }
  | { readonly kind: 'member'; readonly field: string; readonly anyOf: readonly string[] };

export type ContainerCondition = NonNullable<Condition['container']>;
export type PodCondition = NonNullable<Condition['pod']>;

/** The atoms of a `container` condition, to be asked of one container. */
export function containerAtoms(condition: ContainerCondition): readonly Atom[] {
  const { name, image, requests, limits, securityContext, ...unasked } = condition;
  allAsked(unasked);
  const { contains, ...reference } = image ?? {};
  const { addsCapability, ...flags } = securityContext ?? {};
  const atoms = [
    ...globAtoms('', { name }),
    ...globAtoms('image.', reference),
    ...resourceAtoms({ requests, limits }),
    ...flagAtoms('securityContext.', flags),
  ];
  if (contains !== undefined) atoms.push({ kind: 'contains', field: 'image', literal: contains });
  if (addsCapability !== undefined) {
    const anyOf = [capabilityName(addsCapability), 'ALL'];
    atoms.push({ kind: 'member', field: CAPABILITIES_FIELD, anyOf });
  }
  return atoms;
}

/** The atoms of a `pod` condition, to be asked of the pod. */
export function podAtoms(condition: PodCondition): readonly Atom[] {
  const { namespace, labels, annotations, serviceAccountName, ...others } = condition;
  const { hostNetwork, hostPID, hostIPC, volumes, requests, limits, ...unasked } = others;
  allAsked(unasked);
  return [
    ...globAtoms('', { namespace, serviceAccountName }),
    ...globAtoms('labels.', labels ?? {}),
    ...globAtoms('annotations.', annotations ?? {}),
    ...resourceAtoms({ requests, limits }),
    ...flagAtoms('', { hostNetwork, hostPID, hostIPC }),
    ...(volumes ?? []).map((kind): Atom => ({ kind: 'member', field: 'volumes', anyOf: [kind] })),
  ];
}

/** Whether the atom holds for this container or pod. A missing value makes every comparison false. */
export function atomHolds(atom: Atom, subject: Subject): boolean {
  switch (atom.kind) {
    case 'contains':
      return subject.texts.get(atom.field)?.includes(atom.literal) === true;
    case 'glob': {
      const text = subject.texts.get(atom.field);
      return text !== undefined && globMatches(atom.glob, text);
    }
    case 'compare': {
      const quantity = subject.quantities.get(atom.field);
      return quantity !== undefined && compare(quantity, atom.comparison, atom.threshold);
    }
    case 'exists':
      return (subject.texts.has(atom.field) || subject.quantities.has(atom.field)) === atom.value;
    case 'flag':
      return subject.flags.get(atom.field) === atom.value;
    case 'member': {
      const set = subject.sets.get(atom.field);
      return set !== undefined && atom.anyOf.some((member) => set.has(member));
    }
  }
}

/** The question in words: `image contains "pytorch"`, `requests.cpu gt 4`. Equal atoms read alike, different ones differ. */
export function describeAtom(atom: Atom): string {
  switch (atom.kind) {
    case 'contains':
      return `${atom.field} contains ${JSON.stringify(atom.literal)}`;
    case 'glob':
      return `${atom.field} is ${JSON.stringify(atom.glob)}`;
    case 'compare':
      return `${atom.field} ${atom.comparison} ${formatQuantity(atom.threshold)}`;
    case 'exists':
      return `${atom.field} ${atom.value ? 'exists' : 'does not exist'}`;
    case 'flag':
      return `${atom.field} is ${atom.value}`;
    case 'member':
      return `${atom.field} has ${atom.anyOf.join(' or ')}`;
  }
}

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

/** Compiles only where every member of a condition has been taken out: a member that is never asked would hold for every pod. */
function allAsked(_unasked: Readonly<Record<string, never>>): void {}

function globAtoms(
  prefix: string,
  matches: Readonly<Record<string, string | { readonly exists: boolean } | undefined>>,
): Atom[] {
  return Object.entries(matches).flatMap(([name, match]): Atom[] => {
    const field = prefix + name;
    if (match === undefined) return [];
    if (typeof match === 'object') return [{ kind: 'exists', field, value: match.exists }];
    return [{ kind: 'glob', field, glob: match }];
  });
}

function flagAtoms(prefix: string, flags: Readonly<Record<string, boolean | undefined>>): Atom[] {
  return Object.entries(flags).flatMap(([name, value]): Atom[] =>
    value === undefined ? [] : [{ kind: 'flag', field: prefix + name, value }],
  );
}

function resourceAtoms(condition: {
  readonly [list in 'requests' | 'limits']: ContainerCondition[list] | undefined;
}): Atom[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    Object.entries(condition[list] ?? {}).flatMap(([name, match]) => {
      const field = `${list}.${name}`;
      const comparisons = COMPARISONS.flatMap((comparison): Atom[] => {
        const threshold = parseQuantity(match[comparison] ?? '');
        return threshold === undefined ? [] : [{ kind: 'compare', field, comparison, threshold }];
      });
      if (match.exists === undefined) return comparisons;
      return [...comparisons, { kind: 'exists', field, value: match.exists }];
    }),
  );
}

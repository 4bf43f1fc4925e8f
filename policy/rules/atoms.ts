/**
 * Conditions taken apart: what stands in a `container` or `pod` condition is a list of atoms that must all hold, each one question
 * about one field. Matchers evaluate atoms and `explain` shows them.
 */
import { capabilityName } from '../pod/container-facts';
import type { Condition } from '../model/runtime-policy';
import { parseQuantity } from '../pod/quantity';
import { FIELDS } from '../pod/subject';

const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const;
export type Comparison = (typeof COMPARISONS)[number];

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
  | { readonly kind: 'member'; readonly field: string; readonly anyOf: readonly string[] }
  /** One element of a list satisfies every atom; their fields are those of the element. */
  | { readonly kind: 'element'; readonly field: string; readonly atoms: readonly Atom[] }
  /** One field that matches this glob satisfies every atom; what their fields are called does not matter. */
  | { readonly kind: 'someField'; readonly field: string; readonly atoms: readonly Atom[] }
  /** Whether a field matches this glob. */
  | { readonly kind: 'fieldExists'; readonly field: string; readonly value: boolean };

/** What may stand directly in a `container` condition. */
export type ContainerMembers = Omit<NonNullable<Condition['container']>, 'all' | 'any' | 'not'>;
export type PodCondition = NonNullable<Condition['pod']>;

type TextMatch = string | { readonly exists: boolean };
type TextMatches = Readonly<Record<string, TextMatch | undefined>>;
type ImageMatch = NonNullable<ContainerMembers['image']>;

/** The atoms of what stands directly in a `container` condition, to be asked of one container. */
export function containerAtoms(condition: ContainerMembers): readonly Atom[] {
  const { name, image, requests, limits, securityContext, hostPorts, env, ...unasked } = condition;
  allAsked(unasked);
  const { addsCapability, dropsCapability, ...security } = securityContext ?? {};
  const { seccompProfile, appArmorProfile, procMount, ...flags } = security;
  return [
    ...textAtoms('', { name }),
    ...(image === undefined ? [] : imageAtoms(image)),
    ...resourceAtoms({ requests, limits }),
    ...textAtoms('securityContext.', { seccompProfile, appArmorProfile, procMount }),
    ...flagAtoms('securityContext.', flags),
    ...flagAtoms('', { hostPorts }),
    ...capabilityAtoms(FIELDS.addedCapabilities, addsCapability),
    ...capabilityAtoms(FIELDS.droppedCapabilities, dropsCapability),
    ...elementAtoms('env', env),
  ];
}

/** The atoms of a `pod` condition, to be asked of the pod. */
export function podAtoms(condition: PodCondition): readonly Atom[] {
  const { namespace, labels, annotations, serviceAccountName, nodeSelector, ...others } = condition;
  const { hostNetwork, hostPID, hostIPC, hostUsers, volumes, requests, limits, ...more } = others;
  const { os, priorityClassName, hostPaths, imageVolumes, resourceClaims, ...unasked } = more;
  allAsked(unasked);
  const { exists, ...claim } = resourceClaims ?? {};
  const claimAtoms = textAtoms('', claim);
  return [
    ...textAtoms('', { namespace, serviceAccountName, os, priorityClassName }),
    ...textAtoms('labels.', labels ?? {}),
    ...textAtoms('annotations.', annotations ?? {}),
    ...textAtoms('nodeSelector.', nodeSelector ?? {}),
    ...resourceAtoms({ requests, limits }),
    ...flagAtoms('', { hostNetwork, hostPID, hostIPC, hostUsers }),
    ...(volumes ?? []).map((kind): Atom => ({ kind: 'member', field: 'volumes', anyOf: [kind] })),
    ...elementAtoms('hostPaths', hostPaths),
    ...(imageVolumes === undefined ? [] : [element('imageVolumes', imageAtoms(imageVolumes))]),
    ...(exists === undefined ? [] : elementAtoms('resourceClaims', { exists })),
    ...(claimAtoms.length === 0 ? [] : [element('resourceClaims', claimAtoms)]),
  ];
}

/** Compiles only where every member of a condition has been taken out: a member that is never asked would hold for every pod. */
function allAsked(_unasked: Readonly<Record<string, never>>): void {}

function imageAtoms({ contains, ...reference }: ImageMatch): Atom[] {
  const parsed = textAtoms('image.', reference);
  return contains === undefined
    ? parsed
    : [...parsed, { kind: 'contains', field: 'image', literal: contains }];
}

/** The names may be keys that a user wrote, and so globs. */
function textAtoms(prefix: string, matches: TextMatches): Atom[] {
  return Object.entries(matches).flatMap(([name, match]): Atom[] => {
    const field = prefix + name;
    if (match === undefined) return [];
    if (typeof match === 'object') return [existence(field, match.exists)];
    return [...onField(field, [{ kind: 'glob', field, glob: match }])];
  });
}

function capabilityAtoms(field: string, name: string | undefined): Atom[] {
  return name === undefined
    ? []
    : [{ kind: 'member', field, anyOf: [capabilityName(name), 'ALL'] }];
}

function flagAtoms(prefix: string, flags: Readonly<Record<string, boolean | undefined>>): Atom[] {
  return Object.entries(flags).flatMap(([name, value]): Atom[] =>
    value === undefined ? [] : [{ kind: 'flag', field: prefix + name, value }],
  );
}

/** Of a list of strings, whose elements have one field. */
function elementAtoms(field: string, match: TextMatch | undefined): Atom[] {
  if (match === undefined) return [];
  if (typeof match === 'object') return [{ kind: 'exists', field, value: match.exists }];
  return [element(field, [{ kind: 'glob', field: FIELDS.ofElement, glob: match }])];
}

function element(field: string, atoms: readonly Atom[]): Atom {
  return { kind: 'element', field, atoms };
}

function resourceAtoms(condition: {
  readonly [list in 'requests' | 'limits']: ContainerMembers[list] | undefined;
}): Atom[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    Object.entries(condition[list] ?? {}).flatMap(([name, match]) => {
      const field = `${list}.${name}`;
      const comparisons = COMPARISONS.flatMap((comparison): Atom[] => {
        const threshold = parseQuantity(match[comparison] ?? '');
        return threshold === undefined ? [] : [{ kind: 'compare', field, comparison, threshold }];
      });
      const stated = match.exists === undefined ? [] : [existence(field, match.exists)];
      return [...onField(field, comparisons), ...stated];
    }),
  );
}

/** The atoms themselves, or, where the field is a glob, one that asks them all of one matching field. */
function onField(field: string, atoms: readonly Atom[]): readonly Atom[] {
  return isGlob(field) && atoms.length > 0 ? [{ kind: 'someField', field, atoms }] : atoms;
}

function existence(field: string, value: boolean): Atom {
  return { kind: isGlob(field) ? 'fieldExists' : 'exists', field, value };
}

const isGlob = (field: string): boolean => field.includes('*');

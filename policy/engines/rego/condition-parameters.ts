/** What stands directly in a `container` or `pod` condition, as the Rego library reads it: globs made expressions, capabilities normalised. */
import type { z } from 'zod';
import { globToRegExpSource } from '../../../base/glob';
import type {
  imageMatchSchema,
  securityContextMatchSchema,
  textMatchSchema,
} from '../../model/condition-schema';
import { capabilityName } from '../../pod/container-facts';
import type { ContainerMembers, PodCondition } from '../../rules/atoms';

/** A string to equal, an anchored expression to match, or whether a value exists: one of the three. */
type TextTest =
  { readonly equals: string } | { readonly matches: string } | { readonly exists: boolean };

export type ContainerParameters = ReturnType<typeof containerParameters>;
export type PodParameters = ReturnType<typeof podParameters>;

export function containerParameters(condition: ContainerMembers) {
  const { name, image, requests, limits, securityContext, hostPorts, env, ...rest } = condition;
  allTaken(rest);
  return present({
    ...each({ name, env }, textTest),
    image: image && imageTest(image),
    ...each({ requests, limits }, (match) => byKey(match, (comparisons) => comparisons)),
    securityContext: securityContext && securityTest(securityContext),
    hostPorts,
  });
}

export function podParameters(condition: PodCondition) {
  const { namespace, serviceAccountName, priorityClassName, os, hostPaths, ...others } = condition;
  const { labels, annotations, nodeSelector, requests, limits, ...more } = others;
  const { imageVolumes, resourceClaims, ...asWritten } = more;
  const { hostNetwork, hostPID, hostIPC, hostUsers, volumes, ...rest } = asWritten;
  allTaken(rest);
  return present({
    ...each({ namespace, serviceAccountName, priorityClassName, os, hostPaths }, textTest),
    ...each({ labels, annotations, nodeSelector }, (match) => byKey(match, textTest)),
    ...each({ requests, limits }, (match) => byKey(match, (comparisons) => comparisons)),
    imageVolumes: imageVolumes && imageTest(imageVolumes),
    resourceClaims: resourceClaims && claimTest(resourceClaims),
    ...{ hostNetwork, hostPID, hostIPC, hostUsers, volumes },
  });
}

/** Compiles only where every member of a condition has been taken out: Rego never asks about one that is left behind. */
function allTaken(_rest: Readonly<Record<string, never>>): void {}

function imageTest({ contains, ...reference }: z.output<typeof imageMatchSchema>) {
  return present({ contains, ...each(reference, textTest) });
}

function securityTest(match: z.output<typeof securityContextMatchSchema>) {
  const { addsCapability, dropsCapability, ...others } = match;
  const { seccompProfile, appArmorProfile, procMount, ...flags } = others;
  return present({
    ...each({ addsCapability, dropsCapability }, capabilityName),
    ...each({ seccompProfile, appArmorProfile, procMount }, textTest),
    ...flags,
  });
}

function claimTest({ exists, ...names }: NonNullable<PodCondition['resourceClaims']>) {
  return present({ exists, ...each(names, textTest) });
}

/** By key; a glob as an anchored expression, which begins with `^` as no key does. */
function byKey<Match, Test>(
  matches: Readonly<Record<string, Match>>,
  test: (match: Match) => Test,
): Readonly<Record<string, Test>> {
  return Object.fromEntries(
    Object.entries(matches).map(([key, match]) => [
      isGlob(key) ? globToRegExpSource(key) : key,
      test(match),
    ]),
  );
}

export function textTest(match: z.output<typeof textMatchSchema>): TextTest {
  if (typeof match === 'object') return match;
  return isGlob(match) ? { matches: globToRegExpSource(match) } : { equals: match };
}

const isGlob = (text: string): boolean => text.includes('*');

/** The same members, each made a test; those without a value are left out. */
function each<Name extends string, Match, Test>(
  members: { readonly [K in Name]?: Match | undefined },
  test: (match: Match) => Test,
): { readonly [K in Name]?: Test } {
  const entries = Object.entries<Match | undefined>(members).flatMap(([name, match]) =>
    match === undefined ? [] : [[name, test(match)] as const],
  );
  return Object.fromEntries(entries) as { [K in Name]?: Test };
}

/** The members that have a value. */
function present<T extends object>(
  members: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

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
    name: name && textTest(name),
    image: image && imageTest(image),
    requests: requests && byKey(requests, (match) => match),
    limits: limits && byKey(limits, (match) => match),
    securityContext: securityContext && securityTest(securityContext),
    hostPorts,
    env: env && textTest(env),
  });
}

export function podParameters(condition: PodCondition) {
  const { namespace, serviceAccountName, priorityClassName, os, ...others } = condition;
  const { labels, annotations, nodeSelector, requests, limits, ...more } = others;
  const { hostPaths, imageVolumes, resourceClaims, ...asWritten } = more;
  const { hostNetwork, hostPID, hostIPC, hostUsers, volumes, ...rest } = asWritten;
  allTaken(rest);
  return present({
    namespace: namespace && textTest(namespace),
    serviceAccountName: serviceAccountName && textTest(serviceAccountName),
    priorityClassName: priorityClassName && textTest(priorityClassName),
    os: os && textTest(os),
    labels: labels && byKey(labels, textTest),
    annotations: annotations && byKey(annotations, textTest),
    nodeSelector: nodeSelector && byKey(nodeSelector, textTest),
    requests: requests && byKey(requests, (match) => match),
    limits: limits && byKey(limits, (match) => match),
    hostPaths: hostPaths && textTest(hostPaths),
    imageVolumes: imageVolumes && imageTest(imageVolumes),
    resourceClaims: resourceClaims && claimTest(resourceClaims),
    hostNetwork,
    hostPID,
    hostIPC,
    hostUsers,
    volumes,
  });
}

/** Compiles only where every member of a condition has been taken out: Rego never asks about one that is left behind. */
function allTaken(_rest: Readonly<Record<string, never>>): void {}

function imageTest(match: z.output<typeof imageMatchSchema>) {
  const { contains, registry, repository, tag, digest } = match;
  return present({
    contains,
    registry: registry && textTest(registry),
    repository: repository && textTest(repository),
    tag: tag && textTest(tag),
    digest: digest && textTest(digest),
  });
}

function securityTest(match: z.output<typeof securityContextMatchSchema>) {
  const { addsCapability, dropsCapability, ...others } = match;
  const { seccompProfile, appArmorProfile, procMount, ...flags } = others;
  return present({
    addsCapability: addsCapability && capabilityName(addsCapability),
    dropsCapability: dropsCapability && capabilityName(dropsCapability),
    seccompProfile: seccompProfile && textTest(seccompProfile),
    appArmorProfile: appArmorProfile && textTest(appArmorProfile),
    procMount: procMount && textTest(procMount),
    ...flags,
  });
}

function claimTest({ exists, claim, template }: NonNullable<PodCondition['resourceClaims']>) {
  return present({
    exists,
    claim: claim && textTest(claim),
    template: template && textTest(template),
  });
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

/** The members that have a value. */
function present<T extends object>(
  members: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

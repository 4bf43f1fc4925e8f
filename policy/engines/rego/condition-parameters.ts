/** The `container` and `pod` members of a condition as the Rego library reads them: globs made expressions, capabilities normalised. */
import type { z } from 'zod';
import { capabilityName } from '../../pod/container-facts';
import { globToRegExpSource } from '../../../base/glob';
import type { Condition } from '../../model/runtime-policy';
import type {
  imageMatchSchema,
  securityContextMatchSchema,
  textMatchSchema,
} from '../../model/condition-schema';

/** A string to equal, an anchored expression to match, or whether a value exists: one of the three. */
type TextTest =
  { readonly equals: string } | { readonly matches: string } | { readonly exists: boolean };

export type ContainerTest = ReturnType<typeof containerTest>;
export type PodTest = ReturnType<typeof podTest>;

export function containerTest(condition: NonNullable<Condition['container']>) {
  const { name, image, requests, limits, securityContext } = condition;
  return present({
    name: name && textTest(name),
    image: image && imageTest(image),
    requests,
    limits,
    securityContext: securityContext && securityTest(securityContext),
  });
}

export function podTest(condition: NonNullable<Condition['pod']>) {
  const { namespace, serviceAccountName, labels, annotations, ...others } = condition;
  return present({
    namespace: namespace && textTest(namespace),
    serviceAccountName: serviceAccountName && textTest(serviceAccountName),
    labels: labels && textTests(labels),
    annotations: annotations && textTests(annotations),
    ...others,
  });
}

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
  const { addsCapability, ...others } = match;
  return present({ addsCapability: addsCapability && capabilityName(addsCapability), ...others });
}

type TextMatch = z.output<typeof textMatchSchema>;

function textTests(
  matches: Readonly<Record<string, TextMatch>>,
): Readonly<Record<string, TextTest>> {
  return Object.fromEntries(Object.entries(matches).map(([key, match]) => [key, textTest(match)]));
}

export function textTest(match: TextMatch): TextTest {
  if (typeof match === 'object') return match;
  return match.includes('*') ? { matches: globToRegExpSource(match) } : { equals: match };
}

/** The members that have a value. */
function present<T extends object>(
  members: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

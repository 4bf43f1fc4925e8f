/** Which rules match a pod: the slow, obvious way that the compiled index is tested against. */
import type { z } from 'zod';
import type { ContainerFacts, PodFacts } from '../pod/facts';
import { capabilityName } from '../pod/facts';
import { globMatches } from '../../base/glob';
import type { ImageReference } from '../pod/image';
import type { Condition, Rule, RuntimePolicy } from '../model/runtime-policy';
import { parseQuantity } from '../pod/quantity';
import type { Resources } from '../pod/resources';
import type {
  imageMatchSchema,
  quantityMatchSchema,
  securityContextMatchSchema,
  textMatchSchema,
} from '../model/schema';

/** Finds the rules that match a pod. */
export interface Matcher {
  /** Every matching rule, sorted by name. */
  matching(facts: PodFacts): readonly Rule[];
}

/** Tries every rule, one after the other. */
export function referenceMatcher(policy: RuntimePolicy): Matcher {
  const rules = sortedByName(policy.rules);
  return { matching: (facts) => rules.filter((rule) => conditionHolds(rule.when, facts)) };
}

/** In the order of their names' code units, which for label values is that of their bytes. */
export function sortedByName(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether every member of the condition holds. */
function conditionHolds(condition: Condition, facts: PodFacts): boolean {
  const { all, any, not, container, pod } = condition;
  return (
    (all === undefined || all.every((inner) => conditionHolds(inner, facts))) &&
    (any === undefined || any.some((inner) => conditionHolds(inner, facts))) &&
    (not === undefined || !conditionHolds(not, facts)) &&
    (container === undefined || facts.containers.some((one) => containerHolds(container, one))) &&
    (pod === undefined || podHolds(pod, facts))
  );
}

function containerHolds(
  condition: NonNullable<Condition['container']>,
  container: ContainerFacts,
): boolean {
  return (
    textHolds(condition.name, container.name) &&
    imageHolds(condition.image, container) &&
    resourcesHold(condition.requests, container.requests) &&
    resourcesHold(condition.limits, container.limits) &&
    securityHolds(condition.securityContext, container)
  );
}

function imageHolds(
  match: z.output<typeof imageMatchSchema> | undefined,
  container: ContainerFacts,
): boolean {
  if (match === undefined) return true;
  const reference: Partial<ImageReference> = container.reference ?? {};
  return (
    (match.contains === undefined || container.image?.includes(match.contains) === true) &&
    textHolds(match.registry, reference.registry) &&
    textHolds(match.repository, reference.repository) &&
    textHolds(match.tag, reference.tag) &&
    textHolds(match.digest, reference.digest)
  );
}

function securityHolds(
  match: z.output<typeof securityContextMatchSchema> | undefined,
  container: ContainerFacts,
): boolean {
  if (match === undefined) return true;
  const added = container.addedCapabilities;
  return (
    flagHolds(match.privileged, container.privileged) &&
    flagHolds(match.runAsRoot, container.runAsRoot) &&
    flagHolds(match.allowPrivilegeEscalation, container.allowPrivilegeEscalation) &&
    flagHolds(match.readOnlyRootFilesystem, container.readOnlyRootFilesystem) &&
    (match.addsCapability === undefined ||
      added.has('ALL') ||
      added.has(capabilityName(match.addsCapability)))
  );
}

function podHolds(condition: NonNullable<Condition['pod']>, facts: PodFacts): boolean {
  return (
    textHolds(condition.namespace, facts.namespace) &&
    textsHold(condition.labels, facts.labels) &&
    textsHold(condition.annotations, facts.annotations) &&
    textHolds(condition.serviceAccountName, facts.serviceAccountName) &&
    flagHolds(condition.hostNetwork, facts.hostNetwork) &&
    flagHolds(condition.hostPID, facts.hostPID) &&
    flagHolds(condition.hostIPC, facts.hostIPC) &&
    (condition.volumes ?? []).every((kind) => facts.volumes.has(kind)) &&
    resourcesHold(condition.requests, facts.requests) &&
    resourcesHold(condition.limits, facts.limits)
  );
}

type TextMatch = z.output<typeof textMatchSchema>;

function textsHold(
  matches: Readonly<Record<string, TextMatch>> | undefined,
  texts: ReadonlyMap<string, string>,
): boolean {
  return Object.entries(matches ?? {}).every(([key, match]) => textHolds(match, texts.get(key)));
}

function textHolds(match: TextMatch | undefined, text: string | undefined): boolean {
  if (match === undefined) return true;
  if (typeof match === 'object') return match.exists === (text !== undefined);
  return text !== undefined && globMatches(match, text);
}

function flagHolds(match: boolean | undefined, flag: boolean | undefined): boolean {
  return match === undefined || match === flag;
}

type QuantityMatch = z.output<typeof quantityMatchSchema>;

function resourcesHold(
  matches: Readonly<Record<string, QuantityMatch>> | undefined,
  resources: Resources,
): boolean {
  return Object.entries(matches ?? {}).every(([name, match]) =>
    quantityHolds(match, resources.get(name)),
  );
}

function quantityHolds(match: QuantityMatch, quantity: bigint | undefined): boolean {
  const compares = (threshold: string | undefined, test: (a: bigint, b: bigint) => boolean) => {
    if (threshold === undefined) return true;
    const parsed = parseQuantity(threshold);
    return quantity !== undefined && parsed !== undefined && test(quantity, parsed);
  };
  return (
    compares(match.gt, (a, b) => a > b) &&
    compares(match.gte, (a, b) => a >= b) &&
    compares(match.lt, (a, b) => a < b) &&
    compares(match.lte, (a, b) => a <= b) &&
    flagHolds(match.exists, quantity !== undefined)
  );
}

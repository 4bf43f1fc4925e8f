/**
 * A model of what an API server does with a new pod: its RuntimeClass plugin, our webhook and another after it, and all of them once
 * more (apiserver v0.36.3, pkg/admission/reinvocation.go; Kubernetes v1.36.3, plugin/pkg/admission/runtimeclass/admission.go).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Decider } from '../../../policy/decision/decide';
import type { Denial } from '../../../policy/decision/decision';
import type { RuntimeClass } from '../../../policy/model/runtime-class';
import type { PodLike } from '../../../policy/pod/pod';
import { CONTEXT } from '../arbitraries';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export type Pod = PodLike & {
  readonly spec?: PodLike['spec'] & {
    readonly overhead?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly Toleration[];
  };
};

export type Webhook = (pod: Pod) => Pod;

/** What becomes of the pod: stored as it is here, refused by our webhook, or refused by the plugin. */
export interface Admission {
  readonly pod?: Pod;
  readonly denials: readonly Denial[];
  readonly refusal?: string;
}

class Refusal extends Error {}

export function admit(
  decider: Decider,
  classes: readonly RuntimeClass[],
  created: Pod,
  other: Webhook = (pod) => pod,
): Admission {
  let pod = created;
  try {
    for (let round = 0; round < 2; round += 1) {
      pod = pluginAdmits(classes, pod);
      const decision = decider.decide(pod, CONTEXT);
      if (decision.denials.length > 0) return { denials: decision.denials };
      pod = other(decision.pod as Pod);
    }
    pluginValidates(classes, pod);
    return { pod: stored(pod), denials: decider.validate(pod, CONTEXT) };
  } catch (error) {
    if (error instanceof Refusal) return { denials: [], refusal: error.message };
    throw error;
  }
}

function classOf(classes: readonly RuntimeClass[], { spec = {} }: Pod): RuntimeClass | undefined {
  if (spec.runtimeClassName === undefined) return undefined;
  const found = classes.find(({ name }) => name === spec.runtimeClassName);
  if (found === undefined) throw new Refusal('RuntimeClass not found');
  return found;
}

function pluginAdmits(classes: readonly RuntimeClass[], pod: Pod): Pod {
  const runtimeClass = classOf(classes, pod);
  if (runtimeClass === undefined) return pod;
  const { overhead = {}, nodeSelector = {}, tolerations = [] } = pod.spec ?? {};
  if (Object.keys(overhead).length > 0 && !isDeepStrictEqual(overhead, runtimeClass.overhead))
    throw new Refusal("Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  for (const [key, value] of Object.entries(runtimeClass.nodeSelector)) {
    if ((nodeSelector[key] ?? value) !== value) throw new Refusal(`conflict: ${key}`);
  }
  const spec = {
    ...pod.spec,
    overhead: runtimeClass.overhead,
    nodeSelector: { ...nodeSelector, ...runtimeClass.nodeSelector },
    tolerations: merged([...tolerations, ...(runtimeClass.tolerations as Toleration[])]),
  };
  return { ...pod, spec };
}

/** Equal ones once. The tolerations of these tests cover each other in no other way. */
function merged(all: readonly Toleration[]): readonly Toleration[] {
  return all.filter(
    (one, index) => all.findIndex((other) => isDeepStrictEqual(other, one)) === index,
  );
}

function pluginValidates(classes: readonly RuntimeClass[], pod: Pod): void {
  const wanted = classOf(classes, pod)?.overhead;
  if (!isDeepStrictEqual(pod.spec?.overhead, wanted))
    throw new Refusal("Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

/** Without empty objects and lists, which the API server does not store. */
function stored({ metadata = {}, spec = {} }: Pod): Pod {
  return { metadata: withoutEmpty(metadata), spec: withoutEmpty(spec) };
}

export function withoutEmpty<T extends object>(object: T): T {
  const isEmpty = (value: unknown) =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value))) as T;
}

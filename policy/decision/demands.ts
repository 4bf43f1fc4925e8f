/** What a policy asks of one pod, once it is known which of its rules match. */
import type { PodFacts } from '../pod/facts';
import type { Rule, Runtime, RuntimePolicy, RuntimeRule } from '../model/runtime-policy';
import { asksForRuntime } from '../model/runtime-policy';
import { MIRROR_ANNOTATION } from '../../base/names';
import { runtimeNamed, strengthOf } from './strength';

export interface Demands {
  /** The weakest runtime that pods of this namespace may have. */
  readonly minimum: Runtime | undefined;
  /** Matching rules that ask for a runtime, sorted by name. */
  readonly asking: readonly RuntimeRule[];
  /** Those of them that have a say: what they ask for is no weaker than the minimum. */
  readonly binding: readonly RuntimeRule[];
  /** Matching rules that refuse the pod, sorted by name. */
  readonly denying: readonly Rule[];
  /** Matching rules that leave the pod alone, sorted by name; none where they have no say. */
  readonly exempting: readonly Rule[];
}

/**
 * @param matching every rule that matches the pod, sorted by name
 */
export function demandsOf(
  policy: RuntimePolicy,
  facts: PodFacts,
  matching: readonly Rule[],
): Demands {
  const minimum = minimumOf(policy, facts.namespace);
  const asking = matching.filter(asksForRuntime);
  const denying = matching.filter(({ deny }) => deny !== undefined);
  const isExemptable = denying.length === 0 && !facts.labels.has(policy.labelKey);
  const weakest = strengthOf(policy, minimum?.name);
  return {
    minimum,
    asking,
    binding: asking.filter(({ runtime }) => strengthOf(policy, runtime) >= weakest),
    denying,
    exempting: isExemptable ? matching.filter(({ exempt }) => exempt !== undefined) : [],
  };
}

/** The strongest of the minimums for this namespace. */
function minimumOf(policy: RuntimePolicy, namespace: string): Runtime | undefined {
  const named = policy.minimum
    .filter(({ namespaces }) => namespaces.includes(namespace))
    .map(({ runtime }) => strengthOf(policy, runtime));
  return policy.runtimes[Math.max(-1, ...named)];
}

/** The runtime, or the minimum where the runtime is weaker or none. */
export function raised(
  policy: RuntimePolicy,
  { minimum }: Demands,
  runtime: string | undefined,
): Runtime | undefined {
  const isWeaker = strengthOf(policy, runtime) < strengthOf(policy, minimum?.name);
  return isWeaker ? minimum : runtimeNamed(policy, runtime);
}

/**
 * Whether the pod only mirrors a static pod, which runs already and on which the kubelet never acts. Whoever writes the annotation on
 * another pod has to name its node too, and the kubelet there starts nothing for it but deletes it (Kubernetes v1.36.3,
 * pkg/apis/core/validation/validation.go, ValidatePodSpecificAnnotations; pkg/kubelet/kubelet.go, HandlePodAdditions;
 * pkg/kubelet/pod/mirror_client.go and pod_manager.go, GetOrphanedMirrorPodNames). An update cannot add it.
 */
export function isMirror({ annotations }: Pick<PodFacts, 'annotations'>): boolean {
  return annotations.has(MIRROR_ANNOTATION);
}

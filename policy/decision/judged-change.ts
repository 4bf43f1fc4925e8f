/**
 * Which updates of a pod are judged: those that change what the pod states and a policy decides by. All else may change on a pod that
 * would be refused today, so that finalizers and status never get stuck.
 */
import type { RuntimePolicy } from '../model/runtime-policy';
import { DECISION_ANNOTATION, SANDBOX_ANNOTATION_PREFIXES } from '../../base/names';
import { annotationsOf, labelsOf, runtimeClassNameOf, specOf } from '../pod/pod';
import { quantitiesOf } from '../pod/resources';
import { elementsOf, memberOf, objectOf, stringOf } from '../../base/untrusted';

const CONTAINER_LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const;
const RESOURCE_LISTS = ['requests', 'limits'] as const;

/**
 * Whether to judge a pod. An update is judged if it changes the runtime label, the class, the decision record, an annotation of a
 * sandbox, the resources of the pod, or image, restartPolicy or resources of a container at its place in its list. It compares what is
 * stated, never what follows from it (totals, defaults), in time linear in the two pods. Quantities compare by value.
 *
 * Of what rules can ask about, an update that is not judged leaves every image and every resource as it was. It may change other labels
 * and annotations. The rest that rules can ask about (names, security contexts, volumes, host namespaces, the service account) the API
 * server never lets change (Kubernetes v1.36.3, pkg/apis/core/validation/validation.go, ValidatePodUpdate and ValidatePodResize).
 *
 * An update of a pod that is being deleted is never judged, whatever it changes, so that nothing holds up its finalizers. Nothing of such
 * a pod starts any more: it keeps its deletionTimestamp to the end (apiserver v0.36.3, pkg/registry/rest/update.go, BeforeUpdate),
 * it is not scheduled or bound (Kubernetes v1.36.3, pkg/scheduler/schedule_one.go, skipPodSchedule, and
 * pkg/registry/core/pod/storage/storage.go, setPodNodeAndMetadata), and the kubelet only ends it: every update of it is a kill
 * (pkg/kubelet/pod_workers.go, UpdatePod and WorkType), its containers are not restarted (pkg/kubelet/container/helpers.go,
 * ShouldContainerBeRestarted).
 *
 * @param before the pod before the update, where `deletionTimestamp` is the API server's own; no object for a creation, which is judged
 */
export function isJudgedChange(policy: RuntimePolicy, before: unknown, after: unknown): boolean {
  if (objectOf(before) === undefined) return true;
  if (isBeingDeleted(before)) return false;
  return !(
    labelsOf(before).get(policy.labelKey) === labelsOf(after).get(policy.labelKey) &&
    runtimeClassNameOf(before) === runtimeClassNameOf(after) &&
    isSameMap(judgedAnnotations(before), judgedAnnotations(after)) &&
    statesSameResources(specOf(before), specOf(after)) &&
    CONTAINER_LISTS.every((list) =>
      areSameContainers(memberOf(specOf(before), list), memberOf(specOf(after), list)),
    )
  );
}

function isBeingDeleted(pod: unknown): boolean {
  return stringOf(memberOf(memberOf(pod, 'metadata'), 'deletionTimestamp')) !== undefined;
}

function judgedAnnotations(pod: unknown): ReadonlyMap<string, string> {
  const isJudged = ([key]: [string, string]) =>
    key === DECISION_ANNOTATION ||
    SANDBOX_ANNOTATION_PREFIXES.some((prefix) => key.startsWith(prefix));
  return new Map([...annotationsOf(pod)].filter(isJudged));
}

function areSameContainers(before: unknown, after: unknown): boolean {
  const [old, current] = [elementsOf(before), elementsOf(after)];
  return (
    old.length === current.length &&
    old.every((container, index) => isSameContainer(container, current[index]))
  );
}

function isSameContainer(before: unknown, after: unknown): boolean {
  return (
    stringOf(memberOf(before, 'image')) === stringOf(memberOf(after, 'image')) &&
    // It makes an init container a sidecar, which changes the total of the pod.
    stringOf(memberOf(before, 'restartPolicy')) === stringOf(memberOf(after, 'restartPolicy')) &&
    statesSameResources(before, after)
  );
}

/** @param before a container or the spec of a pod, whose member `resources` states them */
function statesSameResources(before: unknown, after: unknown): boolean {
  const stated = (holder: unknown, list: string) =>
    quantitiesOf(memberOf(memberOf(holder, 'resources'), list));
  return RESOURCE_LISTS.every((list) => isSameMap(stated(before, list), stated(after, list)));
}

function isSameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

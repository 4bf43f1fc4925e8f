/** What a policy can ask about a pod, read once. Missing stays missing, except where Kubernetes itself gives a default. */
import type { DecisionContext } from '../decision/decision';
import type { ImageReference } from './image';
import { parseImage } from './image';
import {
  annotationsOf,
  displayNameOf,
  initContainersOf,
  labelsOf,
  mainContainersOf,
  namespaceOf,
  runtimeClassNameOf,
  specOf,
} from './pod';
import type { ResourcePair, Resources } from './resources';
import { containerResources, podResources } from './resources';
import {
  booleanOf,
  elementsOf,
  integerOf,
  memberOf,
  objectOf,
  stringOf,
} from '../../base/untrusted';

export interface ContainerFacts extends ResourcePair {
  readonly name: string | undefined;
  /** The reference exactly as the pod writes it. */
  readonly image: string | undefined;
  /** The reference in its parts, or undefined where it is no reference. The registry is in lower case: DNS names have no case (RFC 4343). */
  readonly reference: ImageReference | undefined;
  /** Missing is false. */
  readonly privileged: boolean;
  /** Missing is true, as for the kubelet (pkg/securitycontext/util.go, AddNoNewPrivileges). */
  readonly allowPrivilegeEscalation: boolean;
  /** Missing is false. */
  readonly readOnlyRootFilesystem: boolean;
  /** True for user 0, false for another user or runAsNonRoot, undefined where the image decides. */
  readonly runAsRoot: boolean | undefined;
  /** In upper case, without the `CAP_` prefix. */
  readonly addedCapabilities: ReadonlySet<string>;
}

export interface PodFacts {
  /** `metadata.name`, or `generateName` followed by `*` while there is no name. */
  readonly displayName: string;
  /** The request's namespace; the pod's own where the request names none. */
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly runtimeClassName: string | undefined;
  readonly serviceAccountName: string | undefined;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** Kinds of the pod's volumes: `hostPath`, `emptyDir`, … */
  readonly volumes: ReadonlySet<string>;
  /** Of the whole pod, overhead excluded. */
  readonly requests: Resources;
  readonly limits: Resources;
  /** Main containers, then init containers and sidecars. Ephemeral containers cannot be there when a pod is created, and are left out. */
  readonly containers: readonly ContainerFacts[];
}

/** Extracts the facts rules can match on from an unvalidated pod. Never throws; O(size of the pod). */
export function podFacts(pod: unknown, context: DecisionContext): PodFacts {
  const spec = specOf(pod);
  const podSecurity = memberOf(spec, 'securityContext');
  const factsOf = (container: unknown) => containerFacts(container, podSecurity);
  const main = mainContainersOf(pod).map(factsOf);
  const init = initContainersOf(pod).map(factsOf);
  return {
    displayName: displayNameOf(pod),
    namespace: context.namespace === '' ? (namespaceOf(pod) ?? '') : context.namespace,
    labels: labelsOf(pod),
    annotations: annotationsOf(pod),
    runtimeClassName: runtimeClassNameOf(pod),
    serviceAccountName: stringOf(memberOf(spec, 'serviceAccountName')),
    hostNetwork: booleanOf(memberOf(spec, 'hostNetwork')) ?? false,
    hostPID: booleanOf(memberOf(spec, 'hostPID')) ?? false,
    hostIPC: booleanOf(memberOf(spec, 'hostIPC')) ?? false,
    volumes: volumeKinds(memberOf(spec, 'volumes')),
    ...podResources(pod, main, init),
    containers: [...main, ...init],
  };
}

function containerFacts(container: unknown, podSecurity: unknown): ContainerFacts {
  const image = stringOf(memberOf(container, 'image'));
  const security = memberOf(container, 'securityContext');
  return {
    name: stringOf(memberOf(container, 'name')),
    image,
    reference: image === undefined ? undefined : referenceOf(image),
    ...containerResources(container),
    privileged: booleanOf(memberOf(security, 'privileged')) ?? false,
    allowPrivilegeEscalation: booleanOf(memberOf(security, 'allowPrivilegeEscalation')) ?? true,
    readOnlyRootFilesystem: booleanOf(memberOf(security, 'readOnlyRootFilesystem')) ?? false,
    runAsRoot: runsAsRoot(security, podSecurity),
    addedCapabilities: addedCapabilities(security),
  };
}

function referenceOf(image: string): ImageReference | undefined {
  const reference = parseImage(image);
  return reference && { ...reference, registry: reference.registry.toLowerCase() };
}

/** The container's value wins over the pod's (pkg/securitycontext/util.go, DetermineEffectiveSecurityContext). */
function runsAsRoot(security: unknown, podSecurity: unknown): boolean | undefined {
  const user =
    integerOf(memberOf(security, 'runAsUser')) ?? integerOf(memberOf(podSecurity, 'runAsUser'));
  const nonRoot =
    booleanOf(memberOf(security, 'runAsNonRoot')) ??
    booleanOf(memberOf(podSecurity, 'runAsNonRoot'));
  if (user !== undefined) return user === 0;
  return nonRoot === true ? false : undefined;
}

function addedCapabilities(security: unknown): ReadonlySet<string> {
  const added = elementsOf(memberOf(memberOf(security, 'capabilities'), 'add'));
  return new Set(added.filter((name) => typeof name === 'string').map(capabilityName));
}

/** A capability in upper case without `CAP_`: container runtimes accept both ways of writing it. */
export function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name.startsWith('CAP_') ? name.slice('CAP_'.length) : name;
}

function volumeKinds(volumes: unknown): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const volume of elementsOf(volumes)) {
    for (const kind of Object.keys(objectOf(volume) ?? {})) {
      if (kind !== 'name' && memberOf(volume, kind) !== undefined) kinds.add(kind);
    }
  }
  return kinds;
}

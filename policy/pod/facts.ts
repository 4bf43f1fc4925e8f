/** What a policy can ask about a pod, read once. Missing stays missing, except where Kubernetes itself gives a default. */
import type { DecisionContext } from '../decision/decision';
import type { ContainerFacts, ImageFacts } from './container-facts';
import { containerFacts, imageFacts } from './container-facts';
import {
  annotationsOf,
  displayNameOf,
  ephemeralContainersOf,
  initContainersOf,
  labelsOf,
  mainContainersOf,
  namespaceOf,
  runtimeClassNameOf,
  specOf,
} from './pod';
import type { Resources } from './resources';
import { podResources } from './resources';
import {
  booleanOf,
  elementsOf,
  memberOf,
  objectOf,
  stringOf,
  stringsOf,
} from '../../base/untrusted';

export type { ContainerFacts, ImageFacts } from './container-facts';

/** A volume of kind hostPath. */
interface HostPath {
  /** However it is spelled: absolute, with single slashes. */
  readonly path: string;
  /** Whether every container that mounts it says `readOnly: true`. */
  readonly isReadOnly: boolean;
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
  readonly priorityClassName: string | undefined;
  /** The node its author names; undefined for a stored pod, whose node the scheduler has named. */
  readonly nodeName: string | undefined;
  /** `spec.os.name` */
  readonly os: string | undefined;
  readonly nodeSelector: ReadonlyMap<string, string>;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** Missing is true (core/v1 PodSpec, `hostUsers`). */
  readonly hostUsers: boolean;
  /** Kinds of the pod's volumes: `hostPath`, `emptyDir`, … */
  readonly volumes: ReadonlySet<string>;
  readonly hostPaths: readonly HostPath[];
  readonly imageVolumes: readonly ImageFacts[];
  readonly resourceClaims: readonly {
    readonly claim: string | undefined;
    readonly template: string | undefined;
  }[];
  /** Of the whole pod, overhead excluded. */
  readonly requests: Resources;
  readonly limits: Resources;
  /** Main containers, then init containers and sidecars, then ephemeral ones, which cannot be there when a pod is created. */
  readonly containers: readonly ContainerFacts[];
}

/** Extracts the facts rules can match on from an unvalidated pod. Never throws; O(size of the pod). */
export function podFacts(pod: unknown, context: DecisionContext): PodFacts {
  const spec = specOf(pod);
  const annotations = annotationsOf(pod);
  const hostNetwork = booleanOf(memberOf(spec, 'hostNetwork')) ?? false;
  const podSecurity = memberOf(spec, 'securityContext');
  const factsOf = (container: unknown) =>
    containerFacts(container, { podSecurity, annotations, hostNetwork });
  const containers = [
    ...mainContainersOf(pod),
    ...initContainersOf(pod),
    ...ephemeralContainersOf(pod),
  ];
  const main = mainContainersOf(pod).map(factsOf);
  const init = initContainersOf(pod).map(factsOf);
  const volumes = elementsOf(memberOf(spec, 'volumes'));
  return {
    displayName: displayNameOf(pod),
    namespace: context.namespace === '' ? (namespaceOf(pod) ?? '') : context.namespace,
    labels: labelsOf(pod),
    annotations,
    runtimeClassName: runtimeClassNameOf(pod),
    serviceAccountName: stringOf(memberOf(spec, 'serviceAccountName')),
    priorityClassName: stringOf(memberOf(spec, 'priorityClassName')),
    nodeName: context.isStored === true ? undefined : nodeNameOf(spec),
    os: stringOf(memberOf(memberOf(spec, 'os'), 'name')),
    nodeSelector: stringsOf(memberOf(spec, 'nodeSelector')),
    hostNetwork,
    hostPID: booleanOf(memberOf(spec, 'hostPID')) ?? false,
    hostIPC: booleanOf(memberOf(spec, 'hostIPC')) ?? false,
    hostUsers: booleanOf(memberOf(spec, 'hostUsers')) ?? true,
    volumes: volumeKinds(volumes),
    hostPaths: hostPathsOf(volumes, containers),
    imageVolumes: volumes
      .map((volume) => imageFacts(memberOf(memberOf(volume, 'image'), 'reference')))
      .filter(({ image }) => image !== undefined),
    resourceClaims: elementsOf(memberOf(spec, 'resourceClaims')).map((claim) => ({
      claim: stringOf(memberOf(claim, 'resourceClaimName')),
      template: stringOf(memberOf(claim, 'resourceClaimTemplateName')),
    })),
    ...podResources(pod, main, init),
    containers: [...main, ...init, ...ephemeralContainersOf(pod).map(factsOf)],
  };
}

/** An empty name is none: the scheduler takes such a pod. */
function nodeNameOf(spec: unknown): string | undefined {
  const name = stringOf(memberOf(spec, 'nodeName'));
  return name === '' ? undefined : name;
}

function hostPathsOf(volumes: readonly unknown[], containers: readonly unknown[]): HostPath[] {
  const hostPaths = volumes.filter((volume) => objectOf(memberOf(volume, 'hostPath')));
  if (hostPaths.length === 0) return [];
  const writable = new Set(
    containers
      .flatMap((container) => elementsOf(memberOf(container, 'volumeMounts')))
      .filter((mount) => booleanOf(memberOf(mount, 'readOnly')) !== true)
      .map((mount) => memberOf(mount, 'name')),
  );
  return hostPaths.map((volume) => ({
    path: plainPath(stringOf(memberOf(memberOf(volume, 'hostPath'), 'path')) ?? ''),
    isReadOnly: !writable.has(memberOf(volume, 'name')),
  }));
}

function volumeKinds(volumes: readonly unknown[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const volume of volumes) {
    for (const kind of Object.keys(objectOf(volume) ?? {})) {
      if (kind !== 'name' && memberOf(volume, kind) !== undefined) kinds.add(kind);
    }
  }
  return kinds;
}

/** `/etc` for `//etc/.`; the API server refuses `..` (pkg/apis/core/validation/validation.go, validatePathNoBacksteps). */
function plainPath(path: string): string {
  return `/${path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')}`;
}

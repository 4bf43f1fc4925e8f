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
  /** Of its hostPath volumes, however they are spelled: absolute, with single slashes. */
  readonly hostPaths: readonly string[];
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
    os: stringOf(memberOf(memberOf(spec, 'os'), 'name')),
    nodeSelector: stringsOf(memberOf(spec, 'nodeSelector')),
    hostNetwork,
    hostPID: booleanOf(memberOf(spec, 'hostPID')) ?? false,
    hostIPC: booleanOf(memberOf(spec, 'hostIPC')) ?? false,
    hostUsers: booleanOf(memberOf(spec, 'hostUsers')) ?? true,
    volumes: volumeKinds(volumes),
    hostPaths: volumes.flatMap((volume) => {
      const path = stringOf(memberOf(memberOf(volume, 'hostPath'), 'path'));
      return path === undefined ? [] : [plainPath(path)];
    }),
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

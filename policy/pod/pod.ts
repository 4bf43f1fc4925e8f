/**
 * The part of a pod this project reads, for those who write pods in code, and how it is read from an unvalidated value.
 * Names and meanings: Kubernetes API reference, core/v1 PodSpec, v1.36.
 */
import { elementsOf, memberOf, stringOf, stringsOf } from '../../base/untrusted';

type ResourceList = Readonly<Record<string, string | number>>;

interface ResourceRequirements {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

interface ContainerLike {
  readonly name?: string;
  readonly image?: string;
  readonly resources?: ResourceRequirements;
  /** `Always` makes an init container a sidecar. */
  readonly restartPolicy?: string;
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly runAsUser?: number;
    readonly runAsNonRoot?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
    readonly seccompProfile?: Profile;
    readonly appArmorProfile?: Profile;
    readonly procMount?: string;
  };
  readonly ports?: readonly { readonly containerPort?: number; readonly hostPort?: number }[];
  readonly env?: readonly { readonly name?: string; readonly value?: string }[];
}

/** A seccomp or AppArmor profile: `RuntimeDefault`, `Localhost`, `Unconfined`. */
interface Profile {
  readonly type?: string;
  readonly localhostProfile?: string;
}

export interface PodLike {
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly runtimeClassName?: string;
    readonly serviceAccountName?: string;
    readonly hostNetwork?: boolean;
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
    readonly hostUsers?: boolean;
    readonly priorityClassName?: string;
    readonly nodeName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly os?: { readonly name?: string };
    readonly resourceClaims?: readonly {
      readonly name?: string;
      readonly resourceClaimName?: string;
      readonly resourceClaimTemplateName?: string;
    }[];
    readonly securityContext?: {
      readonly runAsUser?: number;
      readonly runAsNonRoot?: boolean;
      readonly seccompProfile?: Profile;
      readonly appArmorProfile?: Profile;
    };
    readonly resources?: ResourceRequirements;
    readonly volumes?: readonly Readonly<Record<string, unknown>>[];
    readonly containers?: readonly ContainerLike[];
    readonly initContainers?: readonly ContainerLike[];
    readonly ephemeralContainers?: readonly ContainerLike[];
  };
}

/** `spec`, whatever it is. */
export function specOf(pod: unknown): unknown {
  return memberOf(pod, 'spec');
}

export function labelsOf(pod: unknown): ReadonlyMap<string, string> {
  return stringsOf(memberOf(memberOf(pod, 'metadata'), 'labels'));
}

export function annotationsOf(pod: unknown): ReadonlyMap<string, string> {
  return stringsOf(memberOf(memberOf(pod, 'metadata'), 'annotations'));
}

/**
 * The class the pod asks for by name. An empty string counts as an unknown class, not as none: the kubelet would run such
 * a pod with the node's default runtime (pkg/kubelet/runtimeclass, LookupRuntimeHandler).
 */
export function runtimeClassNameOf(pod: unknown): string | undefined {
  return stringOf(memberOf(specOf(pod), 'runtimeClassName'));
}

/** `metadata.name`, or `generateName` followed by `*` while the API server has not made a name yet. */
export function displayNameOf(pod: unknown): string {
  const metadata = memberOf(pod, 'metadata');
  const name = stringOf(memberOf(metadata, 'name')) ?? '';
  return name === '' ? `${stringOf(memberOf(metadata, 'generateName')) ?? ''}*` : name;
}

export function namespaceOf(pod: unknown): string | undefined {
  return stringOf(memberOf(memberOf(pod, 'metadata'), 'namespace'));
}

export function mainContainersOf(pod: unknown): readonly unknown[] {
  return elementsOf(memberOf(specOf(pod), 'containers'));
}

/** Init containers in their order, sidecars among them. */
export function initContainersOf(pod: unknown): readonly unknown[] {
  return elementsOf(memberOf(specOf(pod), 'initContainers'));
}

/** Containers added to a running pod, by its subresource `ephemeralcontainers`. */
export function ephemeralContainersOf(pod: unknown): readonly unknown[] {
  return elementsOf(memberOf(specOf(pod), 'ephemeralContainers'));
}

/** An init container that keeps running beside the main ones (KEP-753). */
export function isSidecar(initContainer: unknown): boolean {
  return memberOf(initContainer, 'restartPolicy') === 'Always';
}

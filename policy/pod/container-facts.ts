/** What a policy can ask about one container. Missing stays missing, except where Kubernetes itself gives a default. */
import type { ImageReference } from './image';
import { parseImage } from './image';
import type { ResourcePair } from './resources';
import { containerResources } from './resources';
import { booleanOf, elementsOf, integerOf, memberOf, stringOf } from '../../base/untrusted';

/** An image, of a container or of a volume. */
export interface ImageFacts {
  /** The reference exactly as the pod writes it. */
  readonly image: string | undefined;
  /** The reference in its parts, or undefined where it is no reference. The registry is in lower case: DNS names have no case (RFC 4343). */
  readonly reference: ImageReference | undefined;
}

export interface ContainerFacts extends ResourcePair, ImageFacts {
  readonly name: string | undefined;
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
  readonly droppedCapabilities: ReadonlySet<string>;
  /** Type of the profile; undefined where neither container nor pod names one and the node decides. */
  readonly seccompProfile: string | undefined;
  readonly appArmorProfile: string | undefined;
  /** Missing is `Default` (pkg/apis/core/v1/defaults.go, SetDefaults_SecurityContext). */
  readonly procMount: string;
  /** Whether one of its ports is a port of the node. */
  readonly hostPorts: boolean;
  /** Names of its environment variables, without those of `envFrom`. */
  readonly env: readonly string[];
}

/** What containers inherit from their pod. */
export interface ContainerSurroundings {
  /** `spec.securityContext`, whatever it is. */
  readonly podSecurity: unknown;
  readonly annotations: ReadonlyMap<string, string>;
  readonly hostNetwork: boolean;
}

export function containerFacts(container: unknown, around: ContainerSurroundings): ContainerFacts {
  const name = stringOf(memberOf(container, 'name'));
  const security = memberOf(container, 'securityContext');
  return {
    name,
    ...imageFacts(memberOf(container, 'image')),
    ...containerResources(container),
    privileged: booleanOf(memberOf(security, 'privileged')) ?? false,
    allowPrivilegeEscalation: booleanOf(memberOf(security, 'allowPrivilegeEscalation')) ?? true,
    readOnlyRootFilesystem: booleanOf(memberOf(security, 'readOnlyRootFilesystem')) ?? false,
    runAsRoot: runsAsRoot(security, around.podSecurity),
    addedCapabilities: capabilities(security, 'add'),
    droppedCapabilities: capabilities(security, 'drop'),
    seccompProfile:
      profileType(security, 'seccompProfile') ?? profileType(around.podSecurity, 'seccompProfile'),
    appArmorProfile: appArmorProfile(name, security, around),
    procMount: stringOf(memberOf(security, 'procMount')) ?? 'Default',
    hostPorts: opensHostPort(container, around.hostNetwork),
    env: elementsOf(memberOf(container, 'env')).flatMap(
      (variable) => stringOf(memberOf(variable, 'name')) ?? [],
    ),
  };
}

export function imageFacts(reference: unknown): ImageFacts {
  const image = stringOf(reference);
  return { image, reference: image === undefined ? undefined : referenceOf(image) };
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

function capabilities(security: unknown, list: 'add' | 'drop'): ReadonlySet<string> {
  const names = elementsOf(memberOf(memberOf(security, 'capabilities'), list));
  return new Set(names.filter((name) => typeof name === 'string').map(capabilityName));
}

/** A capability in upper case without `CAP_`: container runtimes accept both ways of writing it. */
export function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name.startsWith('CAP_') ? name.slice('CAP_'.length) : name;
}

function profileType(
  security: unknown,
  profile: 'seccompProfile' | 'appArmorProfile',
): string | undefined {
  return stringOf(memberOf(memberOf(security, profile), 'type'));
}

/** DeprecatedAppArmorAnnotationKeyPrefix in Kubernetes v1.36.3, pkg/apis/core/annotation_key_constants.go. */
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

/** Values of the annotation (k8s.io/api v0.36.3, core/v1/annotation_key_constants.go); `localhost/` goes on with a name. */
const APPARMOR_TYPES = [
  ['runtime/default', 'RuntimeDefault'],
  ['unconfined', 'Unconfined'],
] as const;

/**
 * The container's field, else its annotation, which the API server copies into that field, else the pod's field
 * (Kubernetes v1.36.3, pkg/registry/core/pod/strategy.go, applyAppArmorVersionSkew).
 */
function appArmorProfile(
  name: string | undefined,
  security: unknown,
  { podSecurity, annotations }: ContainerSurroundings,
): string | undefined {
  const annotation = annotations.get(APPARMOR_ANNOTATION + (name ?? '')) ?? '';
  const annotated = annotation.startsWith('localhost/')
    ? 'Localhost'
    : APPARMOR_TYPES.find(([value]) => value === annotation)?.[1];
  return (
    profileType(security, 'appArmorProfile') ??
    annotated ??
    profileType(podSecurity, 'appArmorProfile')
  );
}

/** Under hostNetwork the API server makes every port a port of the node (pkg/apis/core/v1/defaults.go, SetDefaults_Pod). */
function opensHostPort(container: unknown, hostNetwork: boolean): boolean {
  return elementsOf(memberOf(container, 'ports')).some((port) => {
    const number = integerOf(memberOf(port, 'hostPort')) ?? 0;
    return number > 0 || (hostNetwork && integerOf(memberOf(port, 'containerPort')) !== undefined);
  });
}

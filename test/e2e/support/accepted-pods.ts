/** Generated pods the API server has nothing against: what is refused for its shape never reaches a webhook, and shows nothing. */
import * as fc from 'fast-check';
import { parseQuantity } from '../../../policy/pod/quantity';
import { MIRROR_ANNOTATION } from '../../../base/names';
import { stringAt } from '../../../kubernetes/object';
import type { GeneratedPod, GeneratedVolume } from '../../fixtures/arbitraries';
import { APPARMOR_ANNOTATION, pods } from '../../fixtures/arbitraries';

type Spec = GeneratedPod['spec'];
type Container = Spec['containers'][number];

/** Quantities by resource name. */
type Quantities = Readonly<Record<string, string>>;

interface Resources {
  readonly requests?: Quantities;
  readonly limits?: Quantities;
}

/** A decision annotation an author might have written to look decided already. */
interface Forgery {
  readonly runtime: string;
  readonly source: string;
}

export interface AcceptedPod {
  readonly pod: {
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: object;
  };
  /** What the pod's author claims; undefined for no annotation. */
  readonly forgery: Forgery | undefined;
}

/** ServiceAccounts the pods name besides `default`. */
export const SERVICE_ACCOUNTS = ['training'] as const;

/** RuntimeClasses the pods and the generated policies name; the API server refuses pods of classes that are not there. */
export const RUNTIME_CLASSES = [
  { name: 'gvisor', handler: 'runsc' },
  { name: 'kata-qemu', handler: 'kata-qemu' },
  { name: 'kata-cc', handler: 'kata-qemu-snp' },
  // Of no policy.
  { name: 'runc', handler: 'runc' },
] as const;

const forgeries = fc.record({
  runtime: fc.constantFrom('gvisor', 'kata', 'kata-cc', 'runc'),
  source: fc.constantFrom('label', 'class', 'rule', 'default', 'none'),
});

/** @param namespaces one is chosen for each pod */
export function acceptedPods(namespaces: readonly string[]): fc.Arbitrary<AcceptedPod> {
  return fc.record({
    pod: fc
      .tuple(pods, fc.constantFrom(...namespaces))
      .map(([pod, namespace]) => accepted(pod, namespace)),
    forgery: fc.option(forgeries, { nil: undefined, freq: 4 }),
  });
}

/** As `ValidatePodCreate` wants it (kubernetes v1.36.3, pkg/apis/core/validation), changed as little as that takes. */
function accepted(
  { metadata, spec, ...type }: GeneratedPod,
  namespace: string,
): AcceptedPod['pod'] {
  const taken = new Set<string>();
  const containers = spec.containers.map((container) => acceptedContainer(container, taken));
  const initContainers = spec.initContainers?.map((container) =>
    acceptedContainer(container, taken),
  );
  const { runtimeClassName, resources, volumes, securityContext, nodeSelector } = spec;
  const { serviceAccountName, hostNetwork, hostPID, hostIPC } = spec;
  const flags = { serviceAccountName, hostNetwork, hostPID, hostIPC };
  return {
    ...type,
    metadata: {
      ...metadata,
      annotations: acceptedAnnotations(metadata.annotations),
      namespace,
      name: 'generated',
    },
    // Nothing of a pod that runs already, and no name of a node, a priority class or a claim that does not exist.
    spec: {
      ...withoutUndefined(flags),
      ...(nodeSelector && { nodeSelector }),
      ...(securityContext && { securityContext: withNodeProfiles(securityContext) }),
      // A token would be mounted under a random name.
      automountServiceAccountToken: false,
      ...(runtimeClassName !== '' && runtimeClassName !== undefined && { runtimeClassName }),
      ...(resources && {
        resources: podLevel(resources, [...spec.containers, ...(spec.initContainers ?? [])]),
      }),
      ...(volumes && { volumes: volumes.map(acceptedVolume) }),
      ...(initContainers && { initContainers }),
      containers,
    },
  };
}

const REFUSED_ANNOTATIONS = [APPARMOR_ANNOTATION, MIRROR_ANNOTATION];

/** Without those that have to agree with a field, or with the node. */
function acceptedAnnotations(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isAccepted = ([key]: [string, string]) =>
    !REFUSED_ANNOTATIONS.some((prefix) => key.startsWith(prefix));
  return Object.fromEntries(Object.entries(annotations).filter(isAccepted));
}

function withoutUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

interface Profiles {
  readonly seccompProfile?: { readonly type: string };
  readonly appArmorProfile?: { readonly type: string };
}

/** A profile of the node has to be named, which ours are not. */
function withNodeProfiles<Security extends Profiles>(security: Security): object {
  const accepted = (profile: { readonly type: string }) =>
    profile.type === 'Localhost' ? { type: 'RuntimeDefault' } : profile;
  const { seccompProfile, appArmorProfile } = security;
  return {
    ...security,
    ...(seccompProfile && { seccompProfile: accepted(seccompProfile) }),
    ...(appArmorProfile && { appArmorProfile: accepted(appArmorProfile) }),
  };
}

/** Ports of the node may be taken by one container only; mounts need a volume of their name. */
function acceptedContainer(
  { name, image, resources, securityContext, env, ports: _, volumeMounts: __, ...rest }: Container,
  taken: Set<string>,
): object {
  const unique = taken.has(name) ? `${name}-${taken.size}` : name;
  taken.add(unique);
  return {
    ...rest,
    name: unique,
    image: image === '' ? 'model' : image,
    ...(env && { env: env.filter((variable) => variable.name !== '') }),
    ...(resources && { resources: containerLevel(resources) }),
    ...(securityContext && { securityContext: acceptedSecurity(securityContext) }),
  };
}

/** Privileges that imply escalation must not deny it; an unmasked /proc needs a user namespace. */
function acceptedSecurity({
  procMount: _,
  ...security
}: NonNullable<Container['securityContext']>): object {
  const added = security.capabilities?.add ?? [];
  const escalates =
    security.privileged === true || added.some((name) => name.endsWith('SYS_ADMIN'));
  return withNodeProfiles(escalates ? { ...security, allowPrivilegeEscalation: true } : security);
}

function acceptedVolume(volume: GeneratedVolume): object {
  const { name, ...kinds } = volume;
  const [[kind, source] = ['emptyDir', {}]] = Object.entries(kinds);
  // `null` stays: the API server makes an emptyDir of it.
  if (source === null) return volume;
  if (kind === 'hostPath') return { name, hostPath: { path: acceptedPath(source) } };
  if (kind === 'configMap') return { name, configMap: { name: 'settings' } };
  // Not every version of Kubernetes has volumes that are images.
  return kind === 'image' ? { name, emptyDir: {} } : volume;
}

function acceptedPath(source: unknown): string {
  const path = stringAt(source, 'path') ?? '';
  return path === '' || path.includes('..') ? '/data' : path;
}

/** Extended resources are whole numbers, and requested as they are limited. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  'nvidia.com/gpu': ['0', '1', '2', '4', '4.0', '4000m', '1e3', '1k', '1Ki', '1024'],
  'hugepages-2Mi': ['0', '1Gi', '1024Mi', '2Ti'],
};

function containerLevel({ requests = {}, limits = {} }: Resources): Resources {
  const whole: Record<string, string> = {};
  for (const [name, allowed] of Object.entries(WHOLE)) {
    const value = requests[name] ?? limits[name];
    if (value !== undefined) whole[name] = allowed.find((one) => one === value) ?? '2Mi';
  }
  // Huge pages come with cpu or memory only.
  const memory = 'hugepages-2Mi' in whole ? { memory: '0' } : {};
  return inOrder({
    requests: { ...memory, ...requests, ...whole },
    limits: { ...limits, ...whole },
  });
}

/** No request exceeds its limit. */
function inOrder({ requests, limits }: Required<Resources>): Resources {
  const swapped = Object.keys(requests).filter(
    (name) => quantityOf(requests[name]) > quantityOf(limits[name] ?? requests[name]),
  );
  const taken = (from: Quantities) =>
    Object.fromEntries(swapped.map((name) => [name, from[name] ?? '']));
  return {
    requests: { ...requests, ...taken(limits) },
    limits: { ...limits, ...taken(requests) },
  };
}

function quantityOf(quantity = ''): bigint {
  return parseQuantity(quantity) ?? 0n;
}

/**
 * For a whole pod only cpu and memory can be stated, no less than its containers ask for: as generated where they ask for
 * nothing, and else a lot.
 */
function podLevel(
  { requests = {}, limits = {} }: Resources,
  containers: readonly Container[],
): Resources {
  const isAsked = (name: string) =>
    containers.some(({ resources = {} }: { resources?: Resources }) =>
      [resources.requests, resources.limits].some((list) => list?.[name] !== undefined),
    );
  const stated = (list: Quantities) =>
    Object.fromEntries(
      Object.entries(list)
        .filter(([name]) => name === 'cpu' || name === 'memory')
        .map(([name, value]) => [name, isAsked(name) ? LOT : value]),
    );
  return inOrder({ requests: stated(requests), limits: stated(limits) });
}

const LOT = '12E';

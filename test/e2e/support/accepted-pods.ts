/** Generated pods the API server has nothing against: what is refused for its shape never reaches a webhook, and shows nothing. */
import * as fc from 'fast-check';
import { parseQuantity } from '../../../policy/pod/quantity';
import { pods, type GeneratedPod } from '../../fixtures/arbitraries';

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
  const { runtimeClassName, resources, volumes, ...rest } = spec;
  return {
    ...type,
    metadata: { ...metadata, namespace, name: 'generated' },
    spec: {
      ...rest,
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

function acceptedContainer(
  { name, image, resources, securityContext, ...rest }: Container,
  taken: Set<string>,
): object {
  const unique = taken.has(name) ? `${name}-${taken.size}` : name;
  taken.add(unique);
  return {
    ...rest,
    name: unique,
    image: image === '' ? 'model' : image,
    ...(resources && { resources: containerLevel(resources) }),
    ...(securityContext && { securityContext: acceptedSecurity(securityContext) }),
  };
}

/** Privileges that imply escalation must not deny it. */
function acceptedSecurity(security: NonNullable<Container['securityContext']>): object {
  const added = security.capabilities?.add ?? [];
  const escalates =
    security.privileged === true || added.some((name) => name.endsWith('SYS_ADMIN'));
  return escalates ? { ...security, allowPrivilegeEscalation: true } : security;
}

function acceptedVolume(
  volume: Spec['volumes'] extends (infer V)[] | undefined ? V : never,
): object {
  const { name, ...kinds } = volume;
  const [[kind, source] = ['emptyDir', {}]] = Object.entries(kinds);
  // `null` stays: the API server makes an emptyDir of it.
  if (source === null) return volume;
  if (kind === 'hostPath') return { name, hostPath: { path: '/data' } };
  if (kind === 'configMap') return { name, configMap: { name: 'settings' } };
  return volume;
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

/** Requests and limits, of one container and of the whole pod. */
import { initContainersOf, isSidecar, specOf } from './pod';
import { parseQuantity } from './quantity';
import { entriesOf, memberOf } from '../../base/untrusted';

/** Resource name to nano-units. */
export type Resources = ReadonlyMap<string, bigint>;

export interface ResourcePair {
  readonly requests: Resources;
  readonly limits: Resources;
}

/** What one container states; a request that is missing is the limit (pkg/apis/core/v1/defaults.go, SetDefaults_Pod). */
export function containerResources(container: unknown): ResourcePair {
  const stated = memberOf(container, 'resources');
  const limits = quantitiesOf(memberOf(stated, 'limits'));
  const requests = new Map(limits);
  for (const [name, quantity] of quantitiesOf(memberOf(stated, 'requests'))) {
    requests.set(name, quantity);
  }
  return { requests, limits };
}

/**
 * What the whole pod needs, overhead excluded: `PodRequests` and `PodLimits` of k8s.io/component-helpers v0.36.3
 * (resource/helpers.go), after the API server's defaults for pod-level resources (pkg/apis/core/v1/defaults.go).
 *
 * @param main what each main container states, as `containerResources` reads it
 * @param init the same of each init container, sidecars among them
 */
export function podResources(
  pod: unknown,
  main: readonly ResourcePair[],
  init: readonly ResourcePair[],
): ResourcePair {
  const isBeside = initContainersOf(pod).map(isSidecar);
  const requests = aggregate('requests', main, init, isBeside);
  const limits = aggregate('limits', main, init, isBeside);
  const stated = memberOf(specOf(pod), 'resources');
  const podRequests = podLevel(memberOf(stated, 'requests'));
  const podLimits = podLevel(memberOf(stated, 'limits'));
  if (podRequests.size + podLimits.size === 0) return { requests, limits };

  // defaultHugePagePodLimits: the containers' huge pages become the pod's limit where the pod names neither.
  for (const [name, quantity] of limits) {
    if (isHugePages(name) && !podRequests.has(name) && !podLimits.has(name))
      podLimits.set(name, quantity);
  }
  // defaultPodRequests: the containers' requests first, which is what `requests` holds already; huge pages only from the limit.
  for (const [name, quantity] of podLimits) {
    const defaulted = isHugePages(name) || !requests.has(name);
    if (defaulted && !podRequests.has(name)) podRequests.set(name, quantity);
  }
  for (const [name, quantity] of podLimits) limits.set(name, quantity);
  for (const [name, quantity] of podRequests) requests.set(name, quantity);
  return { requests, limits };
}

/**
 * AggregateContainerRequests and AggregateContainerLimits: main containers and sidecars added up, or the most any init container needs
 * together with the sidecars started before it. Reads each quantity once.
 *
 * Upstream also compares with the sidecars started so far, which never need more than all of them do: the API server refuses
 * quantities below zero (pkg/apis/core/validation/validation.go, ValidateResourceQuantityValue).
 */
function aggregate(
  list: keyof ResourcePair,
  main: readonly ResourcePair[],
  init: readonly ResourcePair[],
  isBeside: readonly boolean[],
): Map<string, bigint> {
  const total = new Map<string, bigint>();
  const sidecars = new Map<string, bigint>();
  const peaks = new Map<string, bigint>();
  for (const container of main) {
    for (const [name, quantity] of container[list]) add(total, name, quantity);
  }
  init.forEach((container, index) => {
    for (const [name, quantity] of container[list]) {
      if (isBeside[index] === true) {
        add(total, name, quantity);
        add(sidecars, name, quantity);
      } else {
        raise(peaks, name, quantity + (sidecars.get(name) ?? 0n));
      }
    }
  });
  for (const [name, quantity] of peaks) raise(total, name, quantity);
  return total;
}

function add(total: Map<string, bigint>, name: string, quantity: bigint): void {
  total.set(name, (total.get(name) ?? 0n) + quantity);
}

function raise(peaks: Map<string, bigint>, name: string, quantity: bigint): void {
  const present = peaks.get(name);
  if (present === undefined || quantity > present) peaks.set(name, quantity);
}

/** Resources a pod may state for itself (component-helpers, IsSupportedPodLevelResource). */
function podLevel(value: unknown): Map<string, bigint> {
  const quantities = quantitiesOf(value);
  for (const name of quantities.keys()) {
    if (name !== 'cpu' && name !== 'memory' && !isHugePages(name)) quantities.delete(name);
  }
  return quantities;
}

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Members that are quantities; manifests may write a plain number, as in `cpu: 4`. */
export function quantitiesOf(value: unknown): Map<string, bigint> {
  const quantities = new Map<string, bigint>();
  for (const [name, member] of entriesOf(value)) {
    const text = typeof member === 'number' ? String(member) : member;
    const quantity = typeof text === 'string' ? parseQuantity(text) : undefined;
    if (quantity !== undefined) quantities.set(name, quantity);
  }
  return quantities;
}

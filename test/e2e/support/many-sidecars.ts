/** Pods of many sidecars, each with a resource of its own, and what an update of them takes beside one of a pod with one container. */
import type { Answer } from './api-server';
import type { Platform } from './platform';
import { messageOf, pod } from './pods';

export const SIDECARS = 200;

export interface SidecarPodOptions {
  readonly namespace: string;
  readonly name: string;
  readonly sidecars: number;
  readonly finalizers?: readonly string[];
}

/** A pod that asks for gVisor by label, so that no rule and no namespace makes a difference, with one main container. */
export function sidecarPod({ namespace, name, sidecars, finalizers = [] }: SidecarPodOptions) {
  const base = pod({ namespace, name, label: 'gvisor', cpu: '1' });
  const [main] = base.spec.containers;
  const initContainers = Array.from({ length: sidecars }, (_, index) => ({
    ...main,
    name: `sidecar-${index}`,
    restartPolicy: 'Always',
    resources: extended(`example.com/r${index}`),
  }));
  return {
    ...base,
    metadata: { ...base.metadata, finalizers },
    spec: { ...base.spec, initContainers },
  };
}

/** The API server wants the limit of an extended resource, and its request to be equal. */
function extended(name: string) {
  return { requests: { [name]: '1' }, limits: { [name]: '1' } };
}

interface Target {
  readonly namespace: string;
  readonly name: string;
}

/** Updates by whether anything that is judged changes; Gatekeeper is asked only where it does. */
export const UPDATES = {
  'of an annotation': (round: number) => ({ metadata: { annotations: { note: `${round}` } } }),
  'of a label, which is judged': (round: number) => ({
    metadata: { labels: { note: `${round}` } },
  }),
} as const;

export function patchPod(
  { server }: Pick<Platform, 'server'>,
  { namespace, name }: Target,
  body: object,
  subresource = '',
): Promise<Answer> {
  return server.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}${subresource}`,
    contentType: 'application/strategic-merge-patch+json',
    body,
  });
}

/**
 * Median time in milliseconds of an update of each pod. They take turns, forth and back, so that whatever else the
 * computer does falls on all alike.
 */
export async function updateMilliseconds(
  platform: Pick<Platform, 'server'>,
  targets: readonly Target[],
  { rounds, change }: { readonly rounds: number; readonly change: (round: number) => object },
): Promise<readonly number[]> {
  const samples = targets.map((): number[] => []);
  const order = [...targets.entries()];
  for (let round = 0; round < rounds; round++) {
    for (const [index, target] of order) {
      const body = change(round);
      const start = performance.now();
      const answer = await patchPod(platform, target, body);
      samples[index]?.push(performance.now() - start);
      if (answer.status !== 200) throw new Error(messageOf(answer.body));
    }
    order.reverse();
  }
  return samples.map((values) => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN);
}

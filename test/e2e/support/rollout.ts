/** The platform's own pods, and their replacement by others. */
import { listAt, stringAt, type KubernetesObject } from '../../../kubernetes/object';
import { MUTATOR, NAMESPACES } from '../../../base/names';
import type { Platform } from './platform';
import { NotYet, until } from './wait';

/** Deployments, and what selects their pods. */
export const MUTATOR_PODS = {
  deployment: MUTATOR.name,
  labelSelector: `app.kubernetes.io/name=${MUTATOR.name}`,
} as const;
export const ROTATOR_PODS = {
  deployment: MUTATOR.rotator,
  labelSelector: `app.kubernetes.io/name=${MUTATOR.rotator}`,
} as const;
export const CONTROLLER_PODS = {
  deployment: 'gatekeeper-controller-manager',
  labelSelector: 'control-plane=controller-manager',
} as const;

type Replicas = typeof MUTATOR_PODS | typeof ROTATOR_PODS | typeof CONTROLLER_PODS;

const namespace = NAMESPACES.gatekeeper;

export function podsOf(
  { api }: Platform,
  { labelSelector }: Replicas,
): Promise<readonly KubernetesObject[]> {
  return api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
}

/** As `kubectl rollout restart`; returns when all pods are others and ready, and the old ones are gone. */
export async function restart(platform: Platform, replicas: Replicas): Promise<void> {
  const before = await podsOf(platform, replicas);
  const old = new Set(before.map(({ metadata }) => metadata.uid));
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  const { status } = await platform.server.send({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${namespace}/deployments/${replicas.deployment}`,
    contentType: 'application/merge-patch+json',
    body: { spec: { template: { metadata: { annotations } } } },
  });
  expect(status).toBe(200);
  await until(`other pods of ${replicas.deployment}, all ready`, async () => {
    const live = await podsOf(platform, replicas);
    const fresh = live.every((pod) => !old.has(pod.metadata.uid) && isReady(pod));
    const seen = `${live.length} pods, ${live.filter(isReady).length} ready`;
    return (fresh && live.length === before.length) || new NotYet(seen);
  });
}

/** Whether the kubelet, or who stands in for it, finds the pod ready. */
export function isReady(pod: KubernetesObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (condition) =>
      stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
  );
}

/**
 * What the main job has deployed, changed for a while and then as it was. Changes are made the way the deployment itself makes
 * them, by server-side apply as the same field manager, so that nobody's ownership of a field moves.
 */
import { dirname } from 'node:path';
import { buildPlan } from '../../../cli/settings';
import { asMember } from '../../../deploy/apply-set';
import { listAt, referenceOf, type KubernetesObject } from '../../../kubernetes/object';
import type { PlannedObject } from '../../../deploy/plan';
import { observe } from '../../../deploy/readiness';
import { forLocalCluster } from '../../../infra/clusters/local-settings';
import { MUTATOR, NAMESPACES } from '../../../base/names';
import type { Platform } from './platform';
import { NotYet, until } from './wait';

/** Ids of planned objects that tests change. */
export const PLANNED = {
  mutator: `Deployment/${NAMESPACES.gatekeeper}/${MUTATOR.name}`,
  rotator: `Deployment/${NAMESPACES.gatekeeper}/${MUTATOR.rotator}`,
  gatekeeper: `Deployment/${NAMESPACES.gatekeeper}/gatekeeper-controller-manager`,
  mutatorConfiguration: `MutatingWebhookConfiguration/${MUTATOR.name}`,
  gatekeeperConfiguration:
    'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
  policy: `ConfigMap/${NAMESPACES.gatekeeper}/${MUTATOR.policyConfigMap}`,
} as const;

type Change = (manifest: KubernetesObject) => KubernetesObject;

export interface Planned {
  readonly objects: readonly PlannedObject[];
  /** Applies the object, changed; does not wait. */
  change(id: string, change: Change): Promise<void>;
  /** Applies the object as planned and waits until it is ready. */
  restore(id: string): Promise<void>;
}

/** The plan `secure-ai up` deploys on this computer. */
export async function plannedObjects({ api, kubeconfig }: Platform): Promise<Planned> {
  const objects = await buildPlan(await forLocalCluster(dirname(kubeconfig)));
  const planned = (id: string): PlannedObject => {
    const found = objects.find((object) => object.id === id);
    if (found === undefined) throw new Error(`the plan has no ${id}`);
    return found;
  };
  return {
    objects,
    change: async (id, change) => void (await api.apply(asMember(change(planned(id).manifest)))),
    restore: async (id) => {
      const object = planned(id);
      await api.apply(asMember(object.manifest));
      await until(`${id} ready again`, () => observe(object, api));
    },
  };
}

/** A Deployment of that many pods. */
export const scaledTo =
  (replicas: number): Change =>
  (manifest) => ({ ...manifest, spec: { ...(manifest['spec'] as object), replicas } });

/** A Deployment whose first container is given these flags besides. */
export const withFlags =
  (...flags: readonly string[]): Change =>
  (manifest) => {
    const path = ['spec', 'template', 'spec', 'containers'] as const;
    const [container, ...others] = listAt(manifest, ...path) as readonly { args: string[] }[];
    const containers = [{ ...container, args: [...(container?.args ?? []), ...flags] }, ...others];
    const spec = manifest['spec'] as { template: { spec: object } };
    const podSpec = { ...spec.template.spec, containers };
    return { ...manifest, spec: { ...spec, template: { ...spec.template, spec: podSpec } } };
  };

/** Webhooks that the API server does not ask about objects with a label of this key. */
export const passingOver =
  (key: string): Change =>
  (manifest) => ({
    ...manifest,
    webhooks: listAt(manifest, 'webhooks').map((webhook) => ({
      ...(webhook as object),
      objectSelector: { matchExpressions: [{ key, operator: 'DoesNotExist' }] },
    })),
  });

/**
 * Webhooks the API server waits for as long as it can. Where the question is whether an answer is lost, a busy computer must not
 * be what loses it.
 */
export const patient: Change = (manifest) => ({
  ...manifest,
  webhooks: listAt(manifest, 'webhooks').map((webhook) => ({
    ...(webhook as object),
    timeoutSeconds: 30,
  })),
});

/**
 * Ends the pods of a Deployment at once, without the time to drain, and waits until they are gone, and their endpoints where a
 * Service has some.
 */
export async function endPods(
  { api, server }: Platform,
  { labelSelector, service }: { readonly labelSelector: string; readonly service?: string },
): Promise<void> {
  const namespace = NAMESPACES.gatekeeper;
  const pods = () => api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
  await until(`no pods of ${labelSelector}`, async () => {
    const left = (await pods()).map(referenceOf);
    for (const { name } of left) {
      await server.send({
        method: 'DELETE',
        path: `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`,
      });
    }
    return left.length === 0 || new NotYet(left.map(({ name }) => name));
  });
  if (service === undefined) return;
  await until(`no endpoints of ${service}`, async () => {
    const endpoints = await endpointsOf(api, service);
    return endpoints.length === 0 || new NotYet(endpoints);
  });
}

/** Address and port of each ready endpoint of a Service. */
export async function endpointsOf(
  api: Platform['api'],
  service: string,
): Promise<{ readonly address: string; readonly port: number }[]> {
  const slices = await api.list({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    namespace: NAMESPACES.gatekeeper,
    labelSelector: `kubernetes.io/service-name=${service}`,
  });
  return (slices as unknown as EndpointSlice[]).flatMap(({ ports, endpoints }) =>
    (endpoints ?? [])
      .filter(({ conditions }) => conditions.ready)
      .flatMap(({ addresses }) =>
        (ports ?? []).map(({ port }) => ({ address: addresses[0], port })),
      ),
  );
}

interface EndpointSlice {
  readonly ports: readonly { readonly port: number }[] | null;
  readonly endpoints:
    | readonly {
        readonly addresses: readonly [string];
        readonly conditions: { readonly ready: boolean };
      }[]
    | null;
}

/** Deletes the platform's objects in a safe order: webhooks first, namespaces and CRDs last. */
import { NAMESPACES } from '../base/names';
import { ApiError, type KubernetesApi } from '../kubernetes/api';
import {
  groupOf,
  listAt,
  objectId,
  referenceOf,
  stringAt,
  valueAt,
  type KubernetesObject,
} from '../kubernetes/object';
import { NotYet, waitUntil, DeadlineError } from '../base/wait-until';

export interface Pruned {
  /** Ids of the objects that were deleted and no longer exist. */
  readonly deleted: readonly string[];
  /** Unwanted objects that were kept, because their deletion would delete objects of other owners. */
  readonly kept: readonly { readonly id: string; readonly reason: string }[];
  /** Objects that could not be deleted. */
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
}

export interface PruneOptions {
  readonly onDeleting?: (id: string) => void;
  readonly signal?: AbortSignal;
}

/** kata-deploy cleans its node up within a termination grace period of 600 s. */
const WORKLOAD_DEADLINE_SECONDS = 660;
const DEADLINE_SECONDS = 120;

/** Kinds in the order of deletion; kinds that are not named come between the workloads and the CRDs. */
const STAGES: readonly ((object: KubernetesObject) => boolean)[] = [
  // A webhook that fails closed and has no server would refuse the later requests.
  ({ kind }) => /^(Mutating|Validating)(WebhookConfiguration|AdmissionPolicyBinding)$/.test(kind),
  ({ kind }) => /^(Mutating|Validating)AdmissionPolicy$/.test(kind),
  // Gatekeeper must run to release its constraints and templates.
  ({ apiVersion }) => /^(constraints|mutations|config)\.gatekeeper\.sh$/.test(groupOf(apiVersion)),
  ({ kind }) => kind === 'ConstraintTemplate',
  ({ kind }) => isWorkload(kind),
  ({ kind }) => !isWorkload(kind) && kind !== 'CustomResourceDefinition' && kind !== 'Namespace',
  ({ kind }) => kind === 'CustomResourceDefinition',
  ({ kind }) => kind === 'Namespace',
];

function isWorkload(kind: string): boolean {
  return kind === 'Deployment' || kind === 'DaemonSet';
}

/** Deletes stage by stage; each must be gone before the next begins. Failed and kept objects are reported, and the rest continues. */
export async function prune(
  api: KubernetesApi,
  objects: readonly KubernetesObject[],
  options: PruneOptions = {},
): Promise<Pruned> {
  const deleted: string[] = [];
  const kept: { id: string; reason: string }[] = [];
  const failed: { id: string; reason: string }[] = [];
  for (const stage of byStage(objects)) {
    const outcomes = stage.map(async (object) => {
      const id = objectId(referenceOf(object));
      options.signal?.throwIfAborted();
      try {
        const reason = await reasonToKeep(api, object);
        if (reason !== undefined) return void kept.push({ id, reason });
        options.onDeleting?.(id);
        await deleteAndWait(api, object, options.signal);
        deleted.push(id);
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof DeadlineError)) throw error;
        failed.push({ id, reason: error.message });
      }
    });
    await Promise.all(outcomes);
  }
  return { deleted, kept, failed };
}

function byStage(objects: readonly KubernetesObject[]): readonly (readonly KubernetesObject[])[] {
  const stageOf = (object: KubernetesObject) => STAGES.find((holds) => holds(object));
  return STAGES.map((stage) => objects.filter((object) => stageOf(object) === stage));
}

async function deleteAndWait(
  api: KubernetesApi,
  object: KubernetesObject,
  signal: AbortSignal | undefined,
): Promise<void> {
  const reference = referenceOf(object);
  await api.delete(reference);
  const deadlineSeconds = isWorkload(object.kind) ? WORKLOAD_DEADLINE_SECONDS : DEADLINE_SECONDS;
  await waitUntil(
    async () => {
      const live = await api.get(reference);
      if (live !== undefined && live.metadata.uid === object.metadata.uid)
        return new NotYet(stillThere(live));
      // An installer's pods clean up with permissions that a later stage deletes.
      const pods = isWorkload(object.kind) ? await podsOf(api, object) : [];
      return pods.length === 0 ? true : new NotYet(`${pods.length} of its pods still exist`);
    },
    { deadlineSeconds, ...(signal && { signal }) },
  );
}

function stillThere(live: KubernetesObject): string {
  const finalizers = listAt(live, 'metadata', 'finalizers');
  return finalizers.length > 0 ? `still exists, held by ${finalizers.join(', ')}` : 'still exists';
}

async function podsOf(
  api: KubernetesApi,
  workload: KubernetesObject,
): Promise<readonly KubernetesObject[]> {
  const labels = valueAt(workload, 'spec', 'selector', 'matchLabels');
  const { namespace } = workload.metadata;
  if (typeof labels !== 'object' || labels === null || namespace === undefined) return [];
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return api.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector });
}

/** Deleting a namespace or a CRD deletes everything in it, of any owner. */
async function reasonToKeep(
  api: KubernetesApi,
  object: KubernetesObject,
): Promise<string | undefined> {
  const strangers = await contentsOf(api, object);
  if (strangers.length === 0) return undefined;
  const named = strangers.slice(0, 3).map((item) => objectId(referenceOf(item)));
  const more = strangers.length > 3 ? ` and ${strangers.length - 3} more` : '';
  return `it still holds ${named.join(', ')}${more}`;
}

async function contentsOf(
  api: KubernetesApi,
  object: KubernetesObject,
): Promise<readonly KubernetesObject[]> {
  if (object.kind === 'CustomResourceDefinition') {
    const kind = stringAt(object, 'spec', 'names', 'kind') ?? '';
    const types = await api.resourceTypes(new Set([stringAt(object, 'spec', 'group') ?? '']));
    const instances = types.filter((type) => type.kind === kind).map((type) => api.list(type));
    return (await Promise.all(instances)).flat().filter(standsAlone);
  }
  const namespace = object.metadata.name ?? '';
  const own = new Set<string>(Object.values(NAMESPACES));
  if (object.kind !== 'Namespace' || own.has(namespace)) return [];
  const types = (await api.resourceTypes()).filter(
    (type) => type.namespaced && type.kind !== 'Event' && type.verbs.includes('list'),
  );
  const contents = await Promise.all(types.map((type) => api.list({ ...type, namespace })));
  return contents.flat().filter((item) => standsAlone(item) && !madeByKubernetes(item));
}

/** Not created by the controller of another object, and not being deleted. */
function standsAlone({ metadata }: KubernetesObject): boolean {
  return metadata.deletionTimestamp === undefined && metadata['ownerReferences'] === undefined;
}

/** Objects the controller manager creates in every namespace, and beside every Service. */
function madeByKubernetes({ kind, metadata }: KubernetesObject): boolean {
  return (
    kind === 'Endpoints' ||
    (kind === 'ConfigMap' && metadata.name === 'kube-root-ca.crt') ||
    (kind === 'ServiceAccount' && metadata.name === 'default')
  );
}

/** An API server in memory: stores what it is given, and can be told to answer differently. */
import { ApiError, type KubernetesApi, type ResourceType } from '../../kubernetes/api';
import { FIELD_MANAGER } from '../../kubernetes/client';
import {
  groupOf,
  objectId,
  referenceOf,
  type KubernetesObject,
  type ObjectReference,
} from '../../kubernetes/object';

export interface FakeApi extends KubernetesApi {
  readonly objects: Map<string, KubernetesObject>;
  /** Every write, in order: `apply ConfigMap/a/b`. */
  readonly writes: string[];
  /** Puts an object there that nobody of ours applied. */
  put(object: KubernetesObject): void;
  /** Called before each write; may throw to refuse it. */
  onWrite: (write: string, object: KubernetesObject | undefined) => void;
  /** Called when an object is read; may return it changed. */
  onRead: (object: KubernetesObject) => KubernetesObject;
}

/** Kinds the tests use; the plural only has to be unique. */
const CLUSTER_SCOPED =
  /^(Namespace|Node|RuntimeClass|CustomResourceDefinition|ConstraintTemplate|K8s.*|.*WebhookConfiguration)$/;

export function fakeApi(initial: readonly KubernetesObject[] = []): FakeApi {
  const objects = new Map<string, KubernetesObject>();
  let version = 0;
  const key = ({ apiVersion, ...rest }: ObjectReference) =>
    `${groupOf(apiVersion)} ${objectId(rest)}`;
  const store = (object: KubernetesObject, extra: object = {}) => {
    const metadata = {
      generation: 1,
      uid: `uid-${++version}`,
      ...object.metadata,
      ...extra,
      resourceVersion: String(version),
    };
    const stored = { ...object, metadata };
    objects.set(key(referenceOf(stored)), stored);
    return stored;
  };
  const typeOf = (apiVersion: string, kind: string): ResourceType => ({
    apiVersion,
    kind,
    resource: `${kind.toLowerCase()}s`,
    namespaced: !CLUSTER_SCOPED.test(kind),
    verbs: ['list', 'delete'],
  });
  const write = (what: string, object?: KubernetesObject) => {
    api.writes.push(what);
    api.onWrite(what, object);
  };
  const api: FakeApi = {
    objects,
    writes: [],
    server: 'https://fake.invalid',
    onWrite: () => undefined,
    onRead: (object) => object,
    put: (object) => void store(object),
    version: () => Promise.resolve('v1.36.3'),
    resourceType: (apiVersion, kind) => Promise.resolve(typeOf(apiVersion, kind)),
    resourceTypes: (groups) => {
      const kinds = new Map(
        [...objects.values()].map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, kind]),
      );
      const types = [...kinds].map(([id, kind]) => typeOf(id.split(' ')[0] ?? '', kind));
      return Promise.resolve(types.filter((t) => groups?.has(groupOf(t.apiVersion)) ?? true));
    },
    get: (reference) => {
      const found = objects.get(key(reference));
      return Promise.resolve(found && api.onRead(found));
    },
    list: ({ apiVersion, kind, namespace, labelSelector }) => {
      const wanted = labelSelector?.split(',').map((pair) => pair.split('='));
      const found = [...objects.values()].filter(
        (object) =>
          groupOf(object.apiVersion) === groupOf(apiVersion) &&
          object.kind === kind &&
          (namespace === undefined || object.metadata.namespace === namespace) &&
          (wanted ?? []).every(([label = '', value]) => {
            const found = object.metadata.labels?.[label];
            return value === undefined ? found !== undefined : found === value;
          }),
      );
      return Promise.resolve(found.map(api.onRead));
    },
    apply: async (manifest) => {
      await Promise.resolve();
      write(`apply ${objectId(referenceOf(manifest))}`, manifest);
      const before = objects.get(key(referenceOf(manifest)));
      const managedFields = [{ manager: FIELD_MANAGER, operation: 'Apply' }];
      if (before !== undefined && stated(before) === stated(manifest))
        return { object: before, outcome: 'unchanged' };
      const uid = before === undefined ? {} : { uid: before.metadata.uid };
      const object = store(manifest, { managedFields, ...uid });
      return { object, outcome: before === undefined ? 'created' : 'configured' };
    },
    create: async (manifest, { dryRun = false } = {}) => {
      await Promise.resolve();
      const { name, generateName } = manifest.metadata;
      const named = { ...manifest.metadata, name: name ?? `${generateName}x` };
      const object = { ...manifest, metadata: named };
      write(`${dryRun ? 'dry-run' : 'create'} ${objectId(referenceOf(object))}`, object);
      if (dryRun) return object;
      if (objects.has(key(referenceOf(object))))
        throw new ApiError(409, 'AlreadyExists', 'already exists');
      return store(object);
    },
    patch: async (reference, patch) => {
      await Promise.resolve();
      const before = objects.get(key(reference));
      write(`patch ${objectId(reference)}`, before);
      if (before === undefined) throw new ApiError(404, 'NotFound', 'not found');
      const { metadata } = patch as { metadata: { labels: Record<string, string> } };
      const labels = { ...before.metadata.labels, ...metadata.labels };
      return store(before, { labels });
    },
    delete: async (reference) => {
      await Promise.resolve();
      write(`delete ${objectId(reference)}`, objects.get(key(reference)));
      objects.delete(key(reference));
    },
    logs: () => Promise.resolve(''),
    kubeletMetrics: () => Promise.resolve(''),
    postToService: () => Promise.reject(new ApiError(503, 'ServiceUnavailable', 'no endpoints')),
  };
  initial.forEach((object) => api.put(object));
  return api;
}

/** What a manifest states, without what the server adds. */
function stated({ metadata, ...rest }: KubernetesObject): string {
  const { name, namespace, labels, annotations } = metadata;
  return JSON.stringify([rest, name, namespace, labels, annotations]);
}

/** An object with nothing but a name. */
export function object(
  apiVersion: string,
  id: string,
  rest: Record<string, unknown> = {},
): KubernetesObject {
  const [kind = '', ...path] = id.split('/');
  const name = path.at(-1) ?? '';
  const metadata = path.length === 2 ? { name, namespace: path[0] ?? '' } : { name };
  return { apiVersion, kind, metadata, ...rest };
}

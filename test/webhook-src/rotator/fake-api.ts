/**
 * An API server as far as the rotator can tell: objects with versions, 409 for a stale version or a conflicting apply.
 * What it does is what kube-apiserver 1.36.3 was seen to do.
 */
import { ApiError, type Api, type PatchType } from '../../../programs/api';

interface StoredObject {
  metadata: { name?: string; resourceVersion: string };
  data?: Record<string, string>;
  webhooks?: { name: string; clientConfig: Record<string, unknown> }[];
  [member: string]: unknown;
}

interface PatchBody {
  metadata?: { resourceVersion?: string };
  data?: Record<string, string | null>;
  webhooks?: { name: string; clientConfig: Record<string, unknown> }[];
}

export interface FakeApi extends Api {
  readonly objects: Map<string, StoredObject>;
  /** Every write that was taken, as `METHOD path`. */
  readonly writes: string[];
  /** Called before each request; may change objects, as another writer would, or throw. */
  before: (method: 'GET' | 'PATCH', path: string) => void;
  secret(name: string): Record<string, string>;
  caBundle(): string;
}

const SECRETS = '/api/v1/namespaces/ns/secrets';
export const CONFIGURATION =
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/mutator';

/** Whether an apply patch names a value that another write has changed. */
function conflicts(object: StoredObject, patch: PatchBody): boolean {
  return Object.entries(patch.data ?? {}).some(
    ([key, value]) => (object.data?.[key] ?? value) !== value,
  );
}

function merge(object: StoredObject, patch: PatchBody): void {
  const data = { ...object.data, ...patch.data };
  object.data = Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  for (const webhook of patch.webhooks ?? []) {
    const target = object.webhooks?.find(({ name }) => name === webhook.name);
    Object.assign(target?.clientConfig ?? {}, webhook.clientConfig);
  }
}

export function createFakeApi(): FakeApi {
  const objects = new Map<string, StoredObject>();
  let version = 0;
  const nextVersion = () => String((version += 1));

  function create(path: string, { data = {}, ...rest }: PatchBody): StoredObject {
    const created = { ...rest, data, metadata: { resourceVersion: nextVersion() } } as StoredObject;
    objects.set(path, created);
    return created;
  }

  function patchObject(path: string, type: PatchType, patch: PatchBody): StoredObject {
    const object = objects.get(path);
    const applies = type === 'application/apply-patch+yaml';
    if (object === undefined) {
      if (!applies) throw new ApiError(404, 'not found');
      return create(path, patch);
    }
    const expected = patch.metadata?.resourceVersion ?? object.metadata.resourceVersion;
    if (expected !== object.metadata.resourceVersion) throw new ApiError(409, 'modified');
    if (applies && conflicts(object, patch)) throw new ApiError(409, 'conflict');
    if (applies) return object;
    merge(object, patch);
    object.metadata.resourceVersion = nextVersion();
    return object;
  }

  const api: FakeApi = {
    objects,
    writes: [],
    before: () => undefined,
    get(path) {
      api.before('GET', path);
      return Promise.resolve(structuredClone(objects.get(path)));
    },
    patch(path, type, body) {
      // What is thrown in here rejects, as a refused request would.
      return new Promise((resolve) => {
        api.before('PATCH', path);
        const patched = structuredClone(patchObject(path, type, body as PatchBody));
        api.writes.push(`${type} ${path}`);
        resolve(patched);
      });
    },
    secret(name) {
      const data = objects.get(`${SECRETS}/${name}`)?.data ?? {};
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    },
    caBundle() {
      const bundle = objects.get(CONFIGURATION)?.webhooks?.[0]?.clientConfig['caBundle'];
      return Buffer.from(typeof bundle === 'string' ? bundle : '', 'base64').toString();
    },
  };
  return api;
}

/** The webhook configuration as it is deployed: without a caBundle. Beside ours, one of somebody else's. */
export function deployConfiguration(api: FakeApi): void {
  api.objects.set(CONFIGURATION, {
    metadata: { resourceVersion: '1000' },
    webhooks: [
      {
        name: 'ours',
        clientConfig: { service: { name: 'svc', namespace: 'ns', path: '/v1/mutate' } },
      },
      {
        name: 'theirs',
        clientConfig: { service: { name: 'other', namespace: 'ns' }, caBundle: 'dGhlaXJz' },
      },
    ],
  });
}

export function secretPath(name: string): string {
  return `${SECRETS}/${name}`;
}

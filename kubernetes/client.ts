/** The real `KubernetesApi`: plain requests with the credentials of a kubeconfig. */
import {
  ApiError,
  type Applied,
  type KubernetesApi,
  type ListQuery,
  type ResourceType,
} from './api';
import { groupVersionPath, preferredVersions, resourceTypesOf } from './discovery';
import {
  groupOf,
  isSameRequest,
  listAt,
  referenceOf,
  stringAt,
  type KubernetesObject,
  type ObjectReference,
} from './object';
import { loadKubeConfig, type ConnectOptions } from './kubeconfig';
import { createSender, createTransport, type Send } from './request';

/** Owner of the fields this project applies, see managedFields (Kubernetes docs, Server-Side Apply). */
export const FIELD_MANAGER = 'secure-ai-sandbox';

/**
 * Reads the kubeconfig; sends no request yet.
 *
 * @throws SandboxError KUBECONFIG_INVALID when it names no usable cluster
 */
export async function connect(options: ConnectOptions = {}): Promise<KubernetesApi> {
  const loaded = await loadKubeConfig(options);
  return createClient(createSender(createTransport(loaded)), loaded.server);
}

/** @param send carries out requests to the server */
export function createClient(send: Send, server: string): KubernetesApi {
  const known = new Map<string, ResourceType>();
  const resourceType = async (apiVersion: string, kind: string) => {
    // Only served kinds are cached: a missing kind may come with the next CRD.
    const key = `${apiVersion} ${kind}`;
    if (!known.has(key)) {
      for (const type of await resourceTypesOf(send, apiVersion))
        known.set(`${apiVersion} ${type.kind}`, type);
    }
    return known.get(key);
  };
  const pathOf = async (reference: ObjectReference) => {
    const type = await resourceType(reference.apiVersion, reference.kind);
    if (type === undefined) throw notServed(reference);
    return `${collectionPath(type, reference.namespace)}/${encodeURIComponent(reference.name)}`;
  };
  const get = async (reference: ObjectReference) => {
    try {
      return object(await send({ method: 'GET', path: await pathOf(reference) }));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  return {
    server,
    resourceType,
    get,
    version: async () => {
      const { text } = await send({ method: 'GET', path: '/version' });
      return stringAt(JSON.parse(text), 'gitVersion') ?? 'unknown';
    },
    resourceTypes: async (groups) => {
      const versions = (await preferredVersions(send)).filter(
        (version) => groups?.has(groupOf(version)) ?? true,
      );
      return (await Promise.all(versions.map((version) => resourceTypesOf(send, version)))).flat();
    },
    list: async (query) => {
      const type = await resourceType(query.apiVersion, query.kind);
      if (type === undefined) return [];
      try {
        return await listAll(send, type, query);
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    },
    apply: async (manifest): Promise<Applied> => {
      const reference = referenceOf(manifest);
      const before = await get(reference);
      const response = await send({
        method: 'PATCH',
        path: await pathOf(reference),
        query: { fieldManager: FIELD_MANAGER, force: 'true', fieldValidation: 'Strict' },
        // JSON is YAML: the server wants this media type for apply (Kubernetes docs, Server-Side Apply).
        contentType: 'application/apply-patch+yaml',
        body: manifest,
      });
      const after = object(response);
      if (before === undefined) return { object: after, outcome: 'created' };
      return { object: after, outcome: isSameRequest(before, after) ? 'unchanged' : 'configured' };
    },
    create: async (manifest, { dryRun = false } = {}) => {
      const type = await resourceType(manifest.apiVersion, manifest.kind);
      if (type === undefined) throw notServed(manifest);
      return object(
        await send({
          method: 'POST',
          path: collectionPath(type, manifest.metadata.namespace),
          query: { fieldManager: FIELD_MANAGER, ...(dryRun && { dryRun: 'All' }) },
          body: manifest,
        }),
      );
    },
    patch: async (reference, patch) =>
      object(
        await send({
          method: 'PATCH',
          path: await pathOf(reference),
          query: { fieldManager: FIELD_MANAGER },
          contentType: 'application/merge-patch+json',
          body: patch,
        }),
      ),
    delete: async (reference) => {
      try {
        const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
        await send({ method: 'DELETE', path: await pathOf(reference), body });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
    logs: async (namespace, pod) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
      return (await send({ method: 'GET', path })).text;
    },
    postToService: async ({ namespace, name, port, path: below }, body) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/https:${encodeURIComponent(name)}:${port}/proxy${below}`;
      return JSON.parse((await send({ method: 'POST', path, body })).text) as unknown;
    },
    kubeletMetrics: async (node) => {
      const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/metrics`;
      return (await send({ method: 'GET', path })).text;
    },
  };
}

/** Maximum number of objects a list request returns; the rest comes page by page. */
const PAGE_SIZE = '500';

async function listAll(
  send: Send,
  type: ResourceType,
  query: ListQuery,
): Promise<KubernetesObject[]> {
  const found: KubernetesObject[] = [];
  let next: string | undefined;
  do {
    const { text } = await send({
      method: 'GET',
      path: collectionPath(type, query.namespace),
      query: {
        limit: PAGE_SIZE,
        ...(query.labelSelector !== undefined && { labelSelector: query.labelSelector }),
        ...(next !== undefined && { continue: next }),
      },
    });
    const page = JSON.parse(text) as unknown;
    // Items of a list carry neither apiVersion nor kind.
    for (const item of listAt(page, 'items') as readonly KubernetesObject[])
      found.push({ ...item, apiVersion: type.apiVersion, kind: type.kind });
    next = stringAt(page, 'metadata', 'continue');
  } while (next !== undefined && next !== '');
  return found;
}

function collectionPath(type: ResourceType, namespace: string | undefined): string {
  const scope =
    type.namespaced && namespace !== undefined
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  return `${groupVersionPath(type.apiVersion)}${scope}/${type.resource}`;
}

function object(response: { readonly text: string }): KubernetesObject {
  return JSON.parse(response.text) as KubernetesObject;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function notServed({ apiVersion, kind }: { apiVersion: string; kind: string }): ApiError {
  return new ApiError(404, 'NotFound', `the server serves no kind ${kind} in ${apiVersion}`);
}

/** Discovery: which kinds a server serves, and at which paths. */
import { ApiError, type ResourceType } from './api';
import { listAt, stringAt, valueAt } from './object';
import type { Send } from './request';

/** Path of a group version: the core group is below `/api`, all others below `/apis`. */
export function groupVersionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The kinds of one group version; empty if the server does not serve it. */
export async function resourceTypesOf(send: Send, apiVersion: string): Promise<ResourceType[]> {
  const list = await getOrUndefined(send, groupVersionPath(apiVersion));
  return listAt(list, 'resources').flatMap((resource) => {
    const name = stringAt(resource, 'name');
    const kind = stringAt(resource, 'kind');
    // A name with a slash is a subresource, such as `pods/log`.
    if (name === undefined || kind === undefined || name.includes('/')) return [];
    const namespaced = valueAt(resource, 'namespaced') === true;
    const verbs = listAt(resource, 'verbs').map(String);
    return [{ apiVersion, kind, resource: name, namespaced, verbs }];
  });
}

/** `v1` and the preferred version of every group. */
export async function preferredVersions(send: Send): Promise<string[]> {
  const groups = await getOrUndefined(send, '/apis');
  const versions = listAt(groups, 'groups').map((group) =>
    stringAt(group, 'preferredVersion', 'groupVersion'),
  );
  return ['v1', ...versions.filter((version) => version !== undefined)];
}

async function getOrUndefined(send: Send, path: string): Promise<unknown> {
  try {
    return JSON.parse((await send({ method: 'GET', path })).text) as unknown;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

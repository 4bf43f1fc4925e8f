/**
 * The objects this platform has deployed to a cluster, recorded in the cluster itself as an ApplySet (KEP-3659, the specification
 * `kubectl apply --prune --applyset` follows): every object carries the set's label, and a parent ConfigMap lists the kinds to
 * search. So objects that a later configuration no longer has can be found and deleted, and no others.
 */
import { createHash } from 'node:crypto';
import type { KubernetesApi } from '../kubernetes/api';
import { FIELD_MANAGER } from '../kubernetes/client';
import {
  groupOf,
  listAt,
  stringAt,
  type KubernetesObject,
  type ObjectReference,
} from '../kubernetes/object';

/** In `default`, because the parent must exist before the first namespace of the platform. */
const PARENT = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name: 'secure-ai-sandbox',
} as const satisfies ObjectReference;

const DOMAIN = 'applyset.kubernetes.io';
const KINDS = `${DOMAIN}/contains-group-kinds`;
const NAMESPACES = `${DOMAIN}/additional-namespaces`;

/** `applyset-<base64url(sha256(<name>.<namespace>.<kind>.<group>))>-v1` (KEP-3659, ApplySet ID). */
export const APPLY_SET_ID = `applyset-${createHash('sha256')
  .update([PARENT.name, PARENT.namespace, PARENT.kind, groupOf(PARENT.apiVersion)].join('.'))
  .digest('base64url')}-v1`;

/** `Kind.group`, or `Kind` for the core group: how an ApplySet names kinds. */
export type GroupKind = string;

function groupKindOf({ apiVersion, kind }: { apiVersion: string; kind: string }): GroupKind {
  const group = groupOf(apiVersion);
  return group === '' ? kind : `${kind}.${group}`;
}

/** The manifest with the label that makes it a member. */
export function asMember(manifest: KubernetesObject): KubernetesObject {
  const labels = { ...manifest.metadata.labels, [`${DOMAIN}/part-of`]: APPLY_SET_ID };
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}

/** Where to look for members, as the parent lists it. */
export interface Extent {
  readonly kinds: readonly GroupKind[];
  readonly namespaces: readonly string[];
}

export function extentOf(objects: readonly KubernetesObject[]): Extent {
  return {
    kinds: objects.map(groupKindOf),
    namespaces: objects.flatMap(({ metadata }) => metadata.namespace ?? []),
  };
}

/** The lists of the parent in the cluster; empty without a parent. */
export async function recordedExtent(api: KubernetesApi): Promise<Extent> {
  const annotations = (await api.get(PARENT))?.metadata.annotations;
  const items = (key: string) =>
    (annotations?.[key] ?? '').split(',').filter((item) => item !== '');
  return { kinds: items(KINDS), namespaces: items(NAMESPACES) };
}

/**
 * Writes the parent. It must list a kind before the first object of that kind is applied, and until the last one is deleted.
 *
 * @param version of this package, such as `0.1.0`
 */
export async function recordExtent(
  api: KubernetesApi,
  extents: readonly Extent[],
  version: string,
): Promise<void> {
  const joined = (items: readonly string[]) => [...new Set(items)].sort().join(',');
  await api.apply({
    apiVersion: PARENT.apiVersion,
    kind: PARENT.kind,
    metadata: {
      name: PARENT.name,
      namespace: PARENT.namespace,
      labels: { [`${DOMAIN}/id`]: APPLY_SET_ID },
      annotations: {
        [`${DOMAIN}/tooling`]: `secure-ai/v${version}`,
        [KINDS]: joined(extents.flatMap(({ kinds }) => kinds)),
        [NAMESPACES]: joined(extents.flatMap(({ namespaces }) => namespaces)),
      },
    },
  });
}

export function deleteRecord(api: KubernetesApi): Promise<void> {
  return api.delete(PARENT);
}

/**
 * The members of these kinds. Controllers copy labels to the objects they create (Gatekeeper from a template to its CRD), so the label
 * alone is not enough: a member is an object that this project's field manager has applied.
 */
export async function membersOf(
  api: KubernetesApi,
  kinds: Iterable<GroupKind>,
): Promise<readonly KubernetesObject[]> {
  const wanted = new Set(kinds);
  const groups = new Set([...wanted].map((kind) => kind.split('.').slice(1).join('.')));
  const types = (await api.resourceTypes(groups)).filter(
    (type) => wanted.has(groupKindOf(type)) && type.verbs.includes('list'),
  );
  const labelSelector = `${DOMAIN}/part-of=${APPLY_SET_ID}`;
  const found = await Promise.all(types.map((type) => api.list({ ...type, labelSelector })));
  return found.flat().filter(appliedByUs);
}

function appliedByUs({ metadata }: KubernetesObject): boolean {
  return listAt(metadata, 'managedFields').some(
    (entry) =>
      stringAt(entry, 'manager') === FIELD_MANAGER && stringAt(entry, 'operation') === 'Apply',
  );
}

/** Kubernetes objects as plain data, and what can be derived from them without a server. */
import { isDeepStrictEqual } from 'node:util';
import { elementsOf, memberOf, stringOf } from '../base/untrusted';

/** Any Kubernetes object: the fields every kind has; the rest is unknown. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [member: string]: unknown;
}

/** An object as a server lists it: with a name, without apiVersion and kind. */
export interface NamedObject {
  readonly metadata: ObjectMeta & { readonly name: string };
}

interface ObjectMeta {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly [member: string]: unknown;
}

/** Names one object of one kind. A cluster-scoped kind has no namespace. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** The group of an `apiVersion`: the part before the slash, empty for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** How an object is named in plans, events and errors: `Kind/namespace/name`, or `Kind/name` without namespace. */
export function objectId(reference: {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}): string {
  const { kind, namespace, name } = reference;
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** The reference of a named object. An object that has only a `generateName` has none yet: its name reads as empty. */
export function referenceOf(object: KubernetesObject): ObjectReference {
  const { apiVersion, kind, metadata } = object;
  const reference = { apiVersion, kind, name: metadata.name ?? '' };
  return metadata.namespace === undefined
    ? reference
    : { ...reference, namespace: metadata.namespace };
}

/** The value at a path of an object of unknown shape, or undefined where the path ends early. */
export function valueAt(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce(memberOf, object);
}

/** The list at a path; empty if none exists. */
export function listAt(object: unknown, ...path: readonly string[]): readonly unknown[] {
  return elementsOf(valueAt(object, ...path));
}

/** The string at a path; undefined if none exists. */
export function stringAt(object: unknown, ...path: readonly string[]): string | undefined {
  return stringOf(valueAt(object, ...path));
}

/**
 * Whether two states of one object request the same. The status, which its controller writes, and the API server's own records
 * of writes are ignored. The version alone is not enough: where two managers apply, the first gets a new version for applying
 * the same again, because the records are sorted by time (apimachinery v0.36.3, pkg/util/managedfields/internal,
 * sortEncodedManagedFields) and compared in their order (apiserver, IgnoreManagedFieldsTimestampsTransformer).
 */
export function isSameRequest(a: KubernetesObject, b: KubernetesObject): boolean {
  return isDeepStrictEqual(requested(a), requested(b));
}

function requested(object: KubernetesObject): object {
  const metadata = { ...object.metadata, resourceVersion: undefined, managedFields: undefined };
  return { ...object, metadata, status: undefined };
}

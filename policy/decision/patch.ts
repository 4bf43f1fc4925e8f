/** The JSON Patch (RFC 6902) that makes of a pod what the mutator wants, and applying it. */
import type { PatchOperation } from './decision';
import type { SpecChange } from './runtime-class';
import type { RuntimePolicy } from '../model/runtime-policy';
import { DECISION_ANNOTATION } from '../../base/names';
import { annotationsOf, labelsOf, runtimeClassNameOf, specOf } from '../pod/pod';
import { memberOf, objectOf } from '../../base/untrusted';

/** What the mutator wants of a pod. */
export interface Target {
  /** Undefined for no label. */
  readonly label: string | undefined;
  /** Undefined for no class. */
  readonly runtimeClassName: string | undefined;
  /** Our annotation; undefined for none. */
  readonly annotation: string | undefined;
  readonly changes: readonly SpecChange[];
}

/**
 * The operations that bring label, class, our annotation and the changed members of `spec` to the target. Nothing else is touched. A
 * value that is not an object is left as it is: no patch can make a pod of it, and validation refuses it.
 */
export function patchFor(
  policy: RuntimePolicy,
  pod: unknown,
  target: Target,
): readonly PatchOperation[] {
  if (objectOf(pod) === undefined) return [];
  const label = {
    map: 'labels',
    key: policy.labelKey,
    present: labelsOf(pod).get(policy.labelKey),
    wanted: target.label,
  } as const;
  const annotation = {
    map: 'annotations',
    key: DECISION_ANNOTATION,
    present: annotationsOf(pod).get(DECISION_ANNOTATION),
    wanted: target.annotation,
  } as const;
  const entries = [label, annotation].filter(({ present, wanted }) => present !== wanted);
  return [
    ...metadataOperations(pod, entries),
    ...entries.flatMap(({ map, key, wanted }) =>
      wanted === undefined ? [remove('metadata', map, key)] : [],
    ),
    ...specOperations(pod, target),
  ];
}

/** A label or an annotation that has to change. */
interface MetadataEntry {
  readonly map: 'labels' | 'annotations';
  readonly key: string;
  /** Undefined to take it away. */
  readonly wanted: string | undefined;
}

function metadataOperations(pod: unknown, entries: readonly MetadataEntry[]): PatchOperation[] {
  const set = entries.flatMap(({ map, key, wanted }) =>
    wanted === undefined ? [] : [{ map, key, value: wanted }],
  );
  if (set.length === 0) return [];
  const metadata = memberOf(pod, 'metadata');
  if (objectOf(metadata) === undefined) {
    const value = Object.fromEntries(set.map(({ map, key, value }) => [map, { [key]: value }]));
    return [{ op: 'add', path: pointer('metadata'), value }];
  }
  return set.map(({ map, key, value }) => {
    const present = objectOf(memberOf(metadata, map));
    if (present === undefined) {
      return { op: 'add', path: pointer('metadata', map), value: { [key]: value } };
    }
    const op = Object.hasOwn(present, key) ? 'replace' : 'add';
    return { op, path: pointer('metadata', map, key), value };
  });
}

function specOperations(pod: unknown, { runtimeClassName, changes }: Target): PatchOperation[] {
  const isSame = runtimeClassNameOf(pod) === runtimeClassName;
  const members = [
    ...(isSame ? [] : [{ member: 'runtimeClassName', value: runtimeClassName }]),
    ...changes,
  ];
  if (members.length === 0) return [];
  const spec = objectOf(specOf(pod));
  if (spec === undefined) {
    const value = Object.fromEntries(members.map(({ member, value }) => [member, value]));
    return [{ op: 'add', path: pointer('spec'), value }];
  }
  return members.map(({ member, value }) => {
    if (value === undefined) return remove('spec', member);
    const op = memberOf(spec, member) === undefined ? 'add' : 'replace';
    return { op, path: pointer('spec', member), value };
  });
}

function remove(...names: readonly string[]): PatchOperation {
  return { op: 'remove', path: pointer(...names) };
}

/** JSON Pointer (RFC 6901). */
function pointer(...names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The value with the operations applied, sharing what they do not touch. Only for patches made here: paths lead through objects only. */
export function applyPatch(value: unknown, patch: readonly PatchOperation[]): unknown {
  return patch.reduce((patched, operation) => {
    const names = operation.path
      .split('/')
      .slice(1)
      .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    return applyOperation(patched, names, operation);
  }, value);
}

function applyOperation(
  value: unknown,
  [name, ...deeper]: readonly string[],
  operation: PatchOperation,
): unknown {
  if (name === undefined) return operation.op === 'remove' ? undefined : operation.value;
  const object = objectOf(value) ?? {};
  const changed = applyOperation(memberOf(object, name), deeper, operation);
  if (changed !== undefined) return { ...object, [name]: changed };
  return Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
}

/** From a selection to the JSON Patch (RFC 6902) that sets what is missing, and applying it. */
import type { PatchOperation, Selection } from './decision';
import type { RuntimePolicy } from '../model/runtime-policy';
import { DECISION_ANNOTATION } from '../../base/names';
import { annotationsOf, labelsOf, runtimeClassNameOf, specOf } from '../pod/pod';
import { memberOf, objectOf } from '../../base/untrusted';

/**
 * The operations that set the label and the class where they are missing and bring our annotation to the given text, or take it away.
 * Nothing else is touched and nothing present is overwritten. A value that is not an object at all is left as it is: no patch can
 * make a pod of it, and validation refuses it.
 */
export function patchFor(
  policy: RuntimePolicy,
  pod: unknown,
  selection: Selection,
  annotation: string | undefined,
): readonly PatchOperation[] {
  if (objectOf(pod) === undefined) return [];
  const labels = new Map<string, string>();
  const annotations = new Map<string, string>();
  if (selection.runtime !== undefined && !labelsOf(pod).has(policy.labelKey)) {
    labels.set(policy.labelKey, selection.runtime.name);
  }
  const present = annotationsOf(pod).get(DECISION_ANNOTATION);
  if (annotation !== undefined && annotation !== present) {
    annotations.set(DECISION_ANNOTATION, annotation);
  }
  const removal: PatchOperation[] =
    annotation === undefined && present !== undefined
      ? [{ op: 'remove', path: pointer('metadata', 'annotations', DECISION_ANNOTATION) }]
      : [];
  return [
    ...metadataOperations(pod, labels, annotations),
    ...removal,
    ...classOperations(pod, selection),
  ];
}

function metadataOperations(
  pod: unknown,
  labels: ReadonlyMap<string, string>,
  annotations: ReadonlyMap<string, string>,
): PatchOperation[] {
  if (labels.size + annotations.size === 0) return [];
  const metadata = memberOf(pod, 'metadata');
  const maps = [
    ['labels', labels],
    ['annotations', annotations],
  ] as const;
  const filled = maps.filter(([, additions]) => additions.size > 0);
  if (objectOf(metadata) === undefined) {
    const value = Object.fromEntries(filled.map(([name, map]) => [name, Object.fromEntries(map)]));
    return [{ op: 'add', path: pointer('metadata'), value }];
  }
  return filled.flatMap(([name, additions]) => mapOperations(metadata, name, additions));
}

function mapOperations(
  metadata: unknown,
  name: string,
  additions: ReadonlyMap<string, string>,
): PatchOperation[] {
  const present = objectOf(memberOf(metadata, name));
  if (present === undefined) {
    return [{ op: 'add', path: pointer('metadata', name), value: Object.fromEntries(additions) }];
  }
  return [...additions].map(([key, value]) => ({
    op: Object.hasOwn(present, key) ? 'replace' : 'add',
    path: pointer('metadata', name, key),
    value,
  }));
}

function classOperations(pod: unknown, { runtime }: Selection): PatchOperation[] {
  if (runtime === undefined || runtimeClassNameOf(pod) !== undefined) return [];
  const { runtimeClassName } = runtime;
  if (objectOf(specOf(pod)) === undefined) {
    return [{ op: 'add', path: pointer('spec'), value: { runtimeClassName } }];
  }
  return [{ op: 'add', path: pointer('spec', 'runtimeClassName'), value: runtimeClassName }];
}

/** JSON Pointer (RFC 6901). */
function pointer(...names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The value with the operations applied, sharing what they do not touch. Only for patches made here: objects, no arrays. */
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

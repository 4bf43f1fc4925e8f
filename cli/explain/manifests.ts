/** Reads the pods out of manifests: pods themselves, and the pod templates of workloads. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { refuse, type Problem } from '../../base/errors';
import { CLI_ERRORS } from '../errors';
import { listAt, stringAt, valueAt } from '../../kubernetes/object';

export interface FoundPod {
  /** Its file and document, and the object whose template it is: `train.yaml#2 Deployment/trainer`. */
  readonly source: string;
  readonly pod: unknown;
  /** From the manifest. @default default, as for kubectl */
  readonly namespace: string;
}

/** Where the kinds of the core and batch APIs have their pod template. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  Job: ['spec', 'template'],
  PodTemplate: ['template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
};

/**
 * Every pod of the files, in order; objects of other kinds are ignored.
 *
 * @param files paths, `-` for standard input
 * @throws SandboxError MANIFEST_INVALID naming each file that cannot be read or parsed, or when no file holds a pod
 */
export function readPods(files: readonly string[]): readonly FoundPod[] {
  const problems: Problem[] = [];
  const pods = files.flatMap((file) => {
    try {
      return podsOf(file === '-' ? 'stdin' : file, readFileSync(file === '-' ? 0 : file, 'utf8'));
    } catch (error) {
      const fix = 'name a readable file of Kubernetes manifests, or - for standard input';
      problems.push({ path: file, reason: (error as Error).message, fix });
      return [];
    }
  });
  if (problems.length === 0 && pods.length === 0) {
    problems.push({
      path: files.join(', '),
      reason: 'holds no pod',
      fix: `pass a manifest of a Pod, or of a ${Object.keys(TEMPLATES).join(', ')}`,
    });
  }
  refuse(CLI_ERRORS.MANIFEST_INVALID, problems);
  return pods;
}

/** @throws Error with the position of the first syntax error */
export function podsOf(file: string, text: string): readonly FoundPod[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const where = documents.length > 1 ? `${file}#${index + 1}` : file;
    return objectsIn(document.toJS()).flatMap((object) => podOf(where, object));
  });
}

/** A List's items, or the object itself. */
function objectsIn(document: unknown): readonly unknown[] {
  return stringAt(document, 'kind')?.endsWith('List') === true
    ? listAt(document, 'items')
    : [document];
}

function podOf(where: string, object: unknown): FoundPod[] {
  const kind = stringAt(object, 'kind') ?? '';
  const name = stringAt(object, 'metadata', 'name') ?? stringAt(object, 'metadata', 'generateName');
  const source = `${where} ${kind}/${name ?? ''}`;
  const namespace = stringAt(object, 'metadata', 'namespace') ?? 'default';
  if (kind === 'Pod') return [{ source, pod: object, namespace }];
  const path = Object.hasOwn(TEMPLATES, kind) ? TEMPLATES[kind] : undefined;
  const template = path === undefined ? undefined : valueAt(object, ...path);
  if (typeof template !== 'object' || template === null) return [];
  const metadata = {
    ...(valueAt(template, 'metadata') as object | undefined),
    // Controllers name their pods after themselves.
    generateName: `${name ?? ''}-`,
    namespace,
  };
  return [{ source, namespace, pod: { ...template, apiVersion: 'v1', kind: 'Pod', metadata } }];
}

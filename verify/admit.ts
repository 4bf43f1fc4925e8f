/** Creates a pod and reports the result of admission. */
import { ApiError } from '../kubernetes/api';
import { stringAt, valueAt, type KubernetesObject } from '../kubernetes/object';
import { DECISION_ANNOTATION } from '../base/names';
import type { Evidence, VerifyContext } from './step';

export type Admission =
  | { readonly admitted: true; readonly pod: KubernetesObject }
  | { readonly admitted: false; readonly message: string };

/** Creates the pod, not as a dry run. A refusal by admission (403) is a result; any other refusal by the server is an error. */
export async function admit(context: VerifyContext, pod: KubernetesObject): Promise<Admission> {
  try {
    return { admitted: true, pod: await context.create(pod) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 403)
      return { admitted: false, message: error.message };
    throw error;
  }
}

/** The fields that show the runtime of an admitted pod. */
export function runtimeEvidence(pod: KubernetesObject, labelKey: string): Evidence {
  const decision = pod.metadata.annotations?.[DECISION_ANNOTATION];
  return {
    pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
    runtimeClassName: valueAt(pod, 'spec', 'runtimeClassName') ?? null,
    label: pod.metadata.labels?.[labelKey] ?? null,
    overhead: valueAt(pod, 'spec', 'overhead') ?? null,
    nodeSelector: valueAt(pod, 'spec', 'nodeSelector') ?? null,
    decision: decision === undefined ? null : parseJson(decision),
  };
}

/** The same fields in one line. */
export function runtimeSummary(pod: KubernetesObject): string {
  const overhead = valueAt(pod, 'spec', 'overhead');
  const className = stringAt(pod, 'spec', 'runtimeClassName') ?? 'none';
  const parts = [`runtimeClassName ${className}`];
  if (overhead !== undefined) parts.push(`overhead ${JSON.stringify(overhead)}`);
  return parts.join(', ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

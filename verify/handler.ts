/** Which handler the kubelet requested from the container runtime, from the kubelet's metrics. */
import { ApiError } from '../kubernetes/api';
import type { KubernetesObject } from '../kubernetes/object';
import type { VerifyContext } from './step';

/**
 * How many sandboxes the kubelets of these nodes made the container runtime start with this handler, by the CRI call
 * RunPodSandbox: the kubelet counts the calls by handler (`kubelet_run_podsandbox_duration_seconds_count`, label
 * `runtime_handler`; kubernetes v1.36.3 pkg/kubelet/metrics/metrics.go). Undefined if the caller may not read the metrics,
 * which needs `get` on `nodes/proxy`.
 */
export async function sandboxesStarted(
  { api }: VerifyContext,
  nodes: readonly KubernetesObject[],
  handler: string,
): Promise<number | undefined> {
  try {
    const metrics = await Promise.all(
      nodes.map(({ metadata }) => api.kubeletMetrics(metadata.name ?? '')),
    );
    return metrics.reduce((sum, text) => sum + countOf(text, handler), 0);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function countOf(metrics: string, handler: string): number {
  const name = 'kubelet_run_podsandbox_duration_seconds_count';
  const line = metrics
    .split('\n')
    .find((text) => text.startsWith(`${name}{`) && text.includes(`runtime_handler="${handler}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

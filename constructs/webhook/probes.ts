import { k8s } from 'cdk8s-plus-27';

/**
 * Probes of a program of ours, plain HTTP on its health port. The startup probe asks often so that a pod serves as soon
 * as it can; the others ask seldom so that they cost nothing.
 */
export function probes(
  portName: string,
): Required<Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'>> {
  const get = (path: string) => ({ httpGet: { path, port: k8s.IntOrString.fromString(portName) } });
  return {
    startupProbe: { ...get('/readyz'), periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { ...get('/readyz'), periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { ...get('/healthz'), periodSeconds: 10, failureThreshold: 3 },
  };
}

/** The probes of the mutator and the rotator. */
import { k8s } from 'cdk8s-plus-27';

/**
 * Plain HTTP on the health port. The startup probe runs often, so that a pod serves as soon as it can; the others run rarely, so that
 * they cost little.
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

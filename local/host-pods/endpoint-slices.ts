/** The EndpointSlice of a Service for a host pod. */
import type { HostPod } from './host-pod';
import type { Service } from './objects';

/** Value of `endpointslice.kubernetes.io/managed-by`: Kubernetes' own controller ignores slices of other managers. */
export const SLICE_OWNER = 'host-pods.secure-ai.io';

export interface EndpointSlice {
  readonly apiVersion: 'discovery.k8s.io/v1';
  readonly kind: 'EndpointSlice';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly unknown[];
  };
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly protocol: string;
  }[];
  readonly endpoints: readonly unknown[];
}

/**
 * The EndpointSlice that makes `pod` reachable through `service`; `undefined` if it does not select the pod or the pod
 * listens on none of its ports yet. One slice for each pod: all endpoints of a slice share their ports, and each process
 * has ports of its own (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/).
 */
export function endpointSlice(service: Service, pod: HostPod): EndpointSlice | undefined {
  const { selector, ports = [] } = service.spec;
  const { metadata } = pod.pod;
  const { hostAddress, nodeName } = pod.context.host;
  if (selector === undefined || Object.keys(selector).length === 0) return undefined;
  if (!Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value))
    return undefined;
  const hostPorts = ports.flatMap(({ name = '', port, protocol = 'TCP', targetPort = port }) => {
    const hostPort = pod.hostPort(targetPort);
    return hostPort === undefined ? [] : { name, port: hostPort, protocol };
  });
  if (hostPorts.length === 0) return undefined;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.metadata.name}-${metadata.uid}`,
      namespace: service.metadata.namespace ?? '',
      labels: {
        'kubernetes.io/service-name': service.metadata.name,
        'endpointslice.kubernetes.io/managed-by': SLICE_OWNER,
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid }],
    },
    addressType: hostAddress.includes(':') ? 'IPv6' : 'IPv4',
    ports: hostPorts,
    endpoints: [
      {
        addresses: [hostAddress],
        conditions: { ready: pod.ready, serving: pod.ready, terminating: pod.stopping },
        nodeName,
        targetRef: {
          kind: 'Pod',
          namespace: metadata.namespace,
          name: metadata.name,
          uid: metadata.uid,
        },
      },
    ],
  };
}

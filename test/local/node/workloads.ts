/** Pods, Services and a RuntimeClass for the tests of real nodes. */
import { VERSIONS } from '../../../base/versions';
import type { NamedObject } from '../../../kubernetes/object';

/** The fields of a Pod these tests read. */
export interface Pod extends NamedObject {
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

/** Server and shell in one: answers /name with its own pod's name. */
export function workload(
  name: string,
  extra: { runtimeClassName?: string; nodeName?: string } = {},
) {
  const script =
    'mkdir /tmp/www; hostname >/tmp/www/name; echo started; exec httpd -f -p 8080 -h /tmp/www';
  return pod(name, { ...extra, containers: [container(['sh', '-c', script])] });
}

/** As node installers are: sees the node's processes and its root. */
export function installer(name: string, nodeName: string, script: string) {
  return pod(name, {
    nodeName,
    hostPID: true,
    restartPolicy: 'Never',
    volumes: [{ name: 'root', hostPath: { path: '/' } }],
    containers: [
      {
        ...container(['sh', '-c', script]),
        securityContext: { privileged: true },
        volumeMounts: [{ name: 'root', mountPath: '/node' }],
      },
    ],
  });
}

export function service(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

export const GVISOR_CLASS = {
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name: 'gvisor' },
  handler: 'runsc',
};

function pod(name: string, spec: object) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 0, ...spec },
  };
}

function container(command: readonly string[]) {
  const image = `busybox:${VERSIONS.busyboxImage}`;
  return { name: 'main', image, imagePullPolicy: 'IfNotPresent', command };
}

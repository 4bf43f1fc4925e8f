/** Pods a verification creates. They pass the Pod Security standard `restricted` and set requests and limits, as quotas require. */
import type { KubernetesObject } from '../kubernetes/object';
import { DOMAIN } from '../base/names';
import { VERSIONS } from '../base/versions';

/** For pods that need only a shell. */
export const BUSYBOX_IMAGE = `docker.io/library/busybox:${VERSIONS.busyboxImage}`;

export interface PodOptions {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default main */
  readonly container?: string;
  /** How many containers the pod has. All are alike; the second is called `main-1`. @default 1 */
  readonly containers?: number;
  /** Kubernetes quantity, request and limit of each container. @default 50m */
  readonly cpu?: string;
  /** @default the image's own */
  readonly command?: readonly string[];
  /** A gated pod is admitted and stored, and never scheduled: no image is pulled. @default false */
  readonly gated?: boolean;
}

/** Marks everything a verification creates. */
const VERIFY_LABEL = `${DOMAIN}/verify`;

/** Labels of a namespace that a verification creates. It enforces Pod Security as a tenant's does, so that enabling it causes no finding. */
export const VERIFY_NAMESPACE_LABELS = {
  [VERIFY_LABEL]: 'true',
  'pod-security.kubernetes.io/enforce': 'baseline',
};

export function verificationPod(options: PodOptions): KubernetesObject {
  const { name, namespace, image, labels = {}, container = 'main', cpu = '50m' } = options;
  const resources = { cpu, memory: '64Mi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { [VERIFY_LABEL]: 'true', ...labels } },
    spec: {
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65534,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...(options.gated === true && { schedulingGates: [{ name: VERIFY_LABEL }] }),
      containers: Array.from({ length: options.containers ?? 1 }, (_, index) => ({
        name: index === 0 ? container : `${container}-${index}`,
        image,
        imagePullPolicy: 'IfNotPresent',
        ...(options.command && { command: options.command }),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        resources: { requests: resources, limits: resources },
      })),
    },
  };
}

/** A DNS label from the pod's purpose, which may be a label value, and the suffix of the verification. */
export function podName(purpose: string, suffix: string): string {
  const label = purpose.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `secure-ai-${label.slice(0, 40)}-${suffix}`;
}

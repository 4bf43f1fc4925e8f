/** A pod that is created only as a dry run, to test whether the mutating webhook answers. */
import { DECISION_ANNOTATION, ENABLED_LABEL, EXEMPT_NAMESPACES, MUTATOR } from '../base/names';
import { ApiError, denyingWebhook, type KubernetesApi } from '../kubernetes/api';
import type { KubernetesObject } from '../kubernetes/object';
import { NotYet, type Observation } from '../base/wait-until';

/** No decision of the webhook: it replaces this annotation, or removes it where it chooses nothing (policy/decision/patch.ts). */
const UNDECIDED = 'probe';

/** Requests no runtime, so that it fits every policy, and passes the Pod Security standard `restricted`. */
function probePod(namespace: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: 'secure-ai-probe-',
      namespace,
      annotations: { [DECISION_ANNOTATION]: UNDECIDED },
    },
    spec: {
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65534,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'probe',
          image: 'registry.k8s.io/pause:3.10',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          resources: {
            requests: { cpu: '10m', memory: '16Mi' },
            limits: { cpu: '10m', memory: '16Mi' },
          },
        },
      ],
    },
  };
}

/**
 * Whether the webhook decides about a pod created in the namespace now, whatever its policy is: the pod returns without the probe's
 * annotation, or the webhook denies it, for example because it has no label.
 */
export async function probeWebhook(api: KubernetesApi, namespace: string): Promise<Observation> {
  try {
    const pod = await api.create(probePod(namespace), { dryRun: true });
    if (pod.metadata.annotations?.[DECISION_ANNOTATION] !== UNDECIDED) return true;
    return new NotYet(`a pod created in ${namespace} returns without a decision`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return denyingWebhook(error.message) === MUTATOR.webhookName ? true : new NotYet(error.message);
  }
}

/** Whether the platform sandboxes the pods of a namespace: the label says exactly `"true"`, and the namespace is not exempt. */
export function isEnabled({ metadata: { name = '', labels } }: KubernetesObject): boolean {
  return labels?.[ENABLED_LABEL] === 'true' && !EXEMPT_NAMESPACES.includes(name);
}

/**
 * The first enabled namespace by name; an exempt namespace is never enabled, whatever its labels.
 *
 * @param isWanted looks at the name. Default: any will do
 */
export async function firstEnabledNamespace(
  api: KubernetesApi,
  isWanted: (name: string) => boolean = () => true,
): Promise<string | undefined> {
  const labelSelector = `${ENABLED_LABEL}=true`;
  const namespaces = await api.list({ apiVersion: 'v1', kind: 'Namespace', labelSelector });
  const staying = namespaces.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const enabled = staying.filter(isEnabled);
  return enabled
    .map(({ metadata }) => metadata.name ?? '')
    .filter(isWanted)
    .sort()[0];
}

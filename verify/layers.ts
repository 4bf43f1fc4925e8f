/** Which layer of admission refused a pod, and what each layer answers to a direct request. */
import { randomUUID } from 'node:crypto';
import { ApiError, denyingWebhook, type ServiceTarget } from '../kubernetes/api';
import { stringAt, valueAt, type KubernetesObject } from '../kubernetes/object';
import { MUTATOR, NAMESPACES } from '../base/names';
import type { VerifyContext } from './step';

/** `api-server`: the server itself, by a plugin, a quota or a policy of its own. */
type Layer = 'mutator' | 'gatekeeper' | 'api-server';

export const LAYER_NAMES: Readonly<Record<Layer, string>> = {
  mutator: 'mutator',
  gatekeeper: 'Gatekeeper',
  'api-server': 'API server',
};

/** Name of Gatekeeper's webhook that enforces constraints. */
const GATEKEEPER_WEBHOOK = 'validation.gatekeeper.sh';

/** Reads the layer from the message of a refusal. */
export function layerOf(message: string): Layer {
  const webhook = denyingWebhook(message);
  if (webhook === MUTATOR.webhookName) return 'mutator';
  return webhook === GATEKEEPER_WEBHOOK ? 'gatekeeper' : 'api-server';
}

/** What a layer answers to a direct request, or why none was sent: `not asked: <reason>`. */
export type AloneAnswer = { readonly allowed: boolean; readonly message: string } | string;

/** Service, port and path of each webhook, as its configuration names them. */
const TARGETS: Readonly<Record<'mutator' | 'gatekeeper', ServiceTarget>> = {
  mutator: {
    namespace: NAMESPACES.gatekeeper,
    name: MUTATOR.name,
    port: 443,
    path: MUTATOR.path,
  },
  gatekeeper: {
    namespace: NAMESPACES.gatekeeper,
    name: 'gatekeeper-webhook-service',
    port: 443,
    path: '/v1/admit',
  },
};

/** Asks one webhook about the creation of the pod through the API server's proxy to its Service, bypassing every other layer. */
export async function askAlone(
  { api }: VerifyContext,
  layer: 'mutator' | 'gatekeeper',
  pod: KubernetesObject,
): Promise<AloneAnswer> {
  try {
    const response = valueAt(await api.postToService(TARGETS[layer], reviewOf(pod)), 'response');
    const allowed = valueAt(response, 'allowed');
    if (typeof allowed !== 'boolean') return 'not asked: the answer is not an AdmissionReview';
    return { allowed, message: stringAt(response, 'status', 'message') ?? '' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `not asked: ${isClientRefused(error) ? 'it accepts only the API server' : error.message}`;
  }
}

/** The mutator's own 403 to a caller without the API server's certificate (webhook-src/server/refusals.ts, `client_unknown`). */
function isClientRefused({ status, message }: ApiError): boolean {
  return status === 403 && message.includes('client certificate');
}

/** The review the API server would send for a dry run of the creation (admission.k8s.io/v1). */
function reviewOf(pod: KubernetesObject) {
  const { namespace, name } = pod.metadata;
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name,
      namespace,
      operation: 'CREATE',
      userInfo: { username: 'secure-ai-verify', groups: ['system:authenticated'] },
      object: pod,
      oldObject: null,
      dryRun: true,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
    },
  };
}

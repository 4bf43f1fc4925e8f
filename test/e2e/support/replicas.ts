/** Each replica of the mutating webhook, asked by itself: what all of them do cannot be seen through their Service. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { listAt, stringAt, valueAt } from '../../../kubernetes/object';
import { controlPlanePaths } from '../../../local/control-plane/commands';
import { PKI_FILES } from '../../../local/control-plane/pki';
import type { PatchOperation } from '../../../policy/decision/decision';
import { DECISION_ANNOTATION, MUTATOR, NAMESPACES } from '../../../base/names';
import type { RuntimePolicy } from '../../../policy/model/runtime-policy';
import { endpointsOf } from './planned';
import type { Platform } from './platform';

const SERVER_NAME = `${MUTATOR.name}.${NAMESPACES.gatekeeper}.svc`;

/** Of the pods that `policyAt` asks about. */
export const ASKED_NAMESPACE = 'e2e';

interface Replica {
  readonly address: string;
  readonly port: number;
}

export function webhookReplicas({ api }: Platform): Promise<Replica[]> {
  return endpointsOf(api, MUTATOR.name);
}

/** Serial number of the certificate a replica serves now. */
export async function servedSerial({ address, port }: Replica): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { host: address, port, servername: SERVER_NAME, rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

/**
 * Hash of the policy a replica decides by, from the decision annotation it puts on a pod. Asked over TLS with the `caBundle` the
 * API server trusts.
 *
 * @param policy the one expected: it decides about a pod that says nothing where a rule matches, else about one with a label of its
 */
export async function policyAt(
  replica: Replica,
  { labelKey, runtimes }: RuntimePolicy,
  trust: { readonly ca: string; readonly client: Partial<ClientPair> },
): Promise<string | undefined> {
  const silent = await decidedBy(replica, {}, trust);
  return silent ?? decidedBy(replica, { [labelKey]: runtimes[0]?.name }, trust);
}

async function decidedBy(
  { address, port }: Replica,
  labels: object,
  { ca, client }: { readonly ca: string; readonly client: Partial<ClientPair> },
): Promise<string | undefined> {
  const review = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'e2e',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      namespace: ASKED_NAMESPACE,
      operation: 'CREATE',
      object: { apiVersion: 'v1', kind: 'Pod', metadata: { labels }, spec: { containers: [] } },
    },
  });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(review),
    };
    const outgoing = request(
      {
        host: address,
        port,
        servername: SERVER_NAME,
        ca,
        ...client,
        path: MUTATOR.path,
        method: 'POST',
        headers,
        agent: false,
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(review);
  });
  const patch = stringAt(JSON.parse(await text(response)), 'response', 'patch') ?? '';
  const operations = JSON.parse(
    Buffer.from(patch, 'base64').toString() || '[]',
  ) as PatchOperation[];
  const annotations = operations.map((operation) =>
    operation.path === '/metadata/annotations' ? valueAt(operation, 'value') : undefined,
  );
  const decision = stringAt(annotations.find(Boolean), DECISION_ANNOTATION);
  return decision === undefined ? undefined : stringAt(JSON.parse(decision), 'policy');
}

interface ClientPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** What the API server shows the webhook, read where the local cluster keeps it. */
export function apiServerClient({ kubeconfig }: Platform): ClientPair {
  const file = join(controlPlanePaths(dirname(kubeconfig)).pki, PKI_FILES.webhookClient);
  return { cert: readFileSync(`${file}.crt`), key: readFileSync(`${file}.key`) };
}

/** The CA certificates the API server trusts the webhook by, as PEM. */
export async function caBundle({ api }: Platform): Promise<string> {
  const configuration = await api.get({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    name: MUTATOR.name,
  });
  const [webhook] = listAt(configuration, 'webhooks');
  const encoded = stringAt(webhook, 'clientConfig', 'caBundle') ?? '';
  return Buffer.from(encoded, 'base64').toString();
}

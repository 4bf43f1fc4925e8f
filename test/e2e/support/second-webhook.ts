/** A mutating webhook of somebody else, on this computer, whose configuration sorts after the mutator's. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { PatchOperation } from '../../../policy/decision/decision';
import { valueAt } from '../../../kubernetes/object';
import { makeAuthority, makeCertificate } from '../../fixtures/certificates';
import { messageOf, pod, tryPod } from '../../fixtures/pods';
import type { Platform } from './platform';
import { NotYet, until } from './wait';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** As Istio calls its own; API servers call webhooks in the order of these names. */
const NAME = 'istio-sidecar-injector-e2e';

/** What the webhook does to a pod; called again it has nothing more to do. */
export type Injection = (pod: unknown) => readonly PatchOperation[];

export interface SecondWebhook {
  /** From now on for every pod of the namespace. */
  use(injection: Injection): void;
  /** Unregisters and stops it. */
  close(): Promise<void>;
}

/** Returns when the API server calls it for pods of the namespace. */
export async function startSecondWebhook(
  platform: Platform,
  namespace: string,
): Promise<SecondWebhook> {
  let injection: Injection = () => [];
  let calls = 0;
  const authority = await makeAuthority();
  const { certificate, key } = await makeCertificate({}, authority);
  const server = createServer({ cert: certificate, key }, (incoming, response) => {
    void text(incoming).then((body) => {
      calls += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answerTo(JSON.parse(body), injection)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { status, body } = await platform.server.send({
    method: 'POST',
    path: CONFIGURATIONS,
    body: configuration(namespace, port, authority.certificate),
  });
  if (status !== 201) throw new Error(`not registered: ${messageOf(body)}`);
  await until('a call of the second webhook', async () => {
    await tryPod(platform, pod({ namespace }));
    return calls > 0 || new NotYet('not called');
  });
  return {
    use: (next) => (injection = next),
    close: async () => {
      await platform.server.send({ method: 'DELETE', path: `${CONFIGURATIONS}/${NAME}` });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerTo(review: unknown, injection: Injection): object {
  const patch = injection(valueAt(review, 'request', 'object'));
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: valueAt(review, 'request', 'uid'),
      allowed: true,
      ...(patch.length > 0 && {
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }),
    },
  };
}

function configuration(namespace: string, port: number, authority: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: NAME },
    webhooks: [
      {
        name: 'sidecar.e2e.secure-ai.io',
        admissionReviewVersions: ['v1'],
        clientConfig: {
          url: `https://127.0.0.1:${port}/inject`,
          caBundle: Buffer.from(authority).toString('base64'),
        },
        rules: [
          { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        reinvocationPolicy: 'IfNeeded',
        sideEffects: 'None',
        timeoutSeconds: 10,
      },
    ],
  };
}

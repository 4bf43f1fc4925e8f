/**
 * Certificates change while pods are created: no answer is lost, no pod comes unmutated. The same where the platform's pods run
 * as processes and where they run on a node.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { MUTATOR, NAMESPACES } from '../../../base/names';
import { endPods, PLANNED, scaledTo, withFlags, type Planned } from './planned';
import type { Platform } from './platform';
import { pod, tryPod } from '../../fixtures/pods';
import { caBundle, servedSerial, webhookReplicas } from './replicas';
import { startTraffic } from './traffic';
import { NotYet, until } from './wait';

const CONFIGURATION = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${MUTATOR.name}`;
const ROTATOR_PODS = `app.kubernetes.io/name=${MUTATOR.rotator}`;
const SECRETS = `/api/v1/namespaces/${NAMESPACES.gatekeeper}/secrets`;

/** A new CA is only trusted for five minutes before it signs; on one API server a few seconds do. */
const quick = withFlags('--propagation-seconds=5', '--poll-seconds=1');

export interface CertificateSetting {
  readonly platform: Platform;
  readonly planned: Planned;
  /** One the platform is turned on for. */
  readonly namespace: string;
}

/** Declares the tests. */
export function describeCertificates(setting: () => CertificateSetting): void {
  describe('certificates', () => {
    beforeAll(() => setting().planned.change(PLANNED.rotator, quick));
    afterAll(() => setting().planned.restore(PLANNED.rotator));

    test('the serving certificate: its Secret is deleted, a new one is served, no pod notices', () =>
      losesSecret(setting()));
    test('the certificate authority: its Secret is deleted, a new one is trusted and signs, no pod notices', () =>
      losesAuthority(setting()));
    test('a wrong caBundle: pods are refused, never let through, until the rotator has put it right', () =>
      losesTrust(setting()));
  });
}

const serials = async (platform: Platform) =>
  Promise.all((await webhookReplicas(platform)).map(servedSerial));

/** Waits until every replica serves a certificate that none of these is. */
const untilOthersThan = (platform: Platform, before: readonly string[]) =>
  until('new certificates', async () => {
    const now = await serials(platform);
    const all = now.length === before.length && now.every((serial) => !before.includes(serial));
    return all || new NotYet(now);
  });

async function removeSecret({ server }: Platform, name: string): Promise<void> {
  const { status } = await server.send({ method: 'DELETE', path: `${SECRETS}/${name}` });
  expect(status).toBe(200);
}

async function losesSecret({ platform, namespace }: CertificateSetting): Promise<void> {
  const before = await serials(platform);
  expect(before).toHaveLength(2);
  const stream = startTraffic(platform, pod({ namespace }));
  await stream.flows();
  await removeSecret(platform, MUTATOR.certificateSecret);
  await untilOthersThan(platform, before);
  await stream.flows();
  expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
}

async function losesAuthority({ platform, namespace }: CertificateSetting): Promise<void> {
  const [before, trusted] = [await serials(platform), await caBundle(platform)];
  const stream = startTraffic(platform, pod({ namespace }));
  await stream.flows();
  await removeSecret(platform, MUTATOR.caSecret);
  await untilOthersThan(platform, before);
  await stream.flows();
  expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
  expect(await caBundle(platform)).not.toBe(trusted);
}

async function losesTrust({ platform, planned, namespace }: CertificateSetting): Promise<void> {
  const right = await caBundle(platform);
  await planned.change(PLANNED.rotator, scaledTo(0));
  await endPods(platform, { labelSelector: ROTATOR_PODS });
  const stream = startTraffic(platform, pod({ namespace }));
  await stream.flows();
  const { clusters } = parse(readFileSync(platform.kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { 'certificate-authority-data': string } }];
  };
  const { status } = await platform.server.send({
    method: 'PATCH',
    path: CONFIGURATION,
    contentType: 'application/strategic-merge-patch+json',
    body: {
      webhooks: [
        {
          name: MUTATOR.webhookName,
          clientConfig: { caBundle: clusters[0].cluster['certificate-authority-data'] },
        },
      ],
    },
  });
  expect(status).toBe(200);
  await until('a refusal', async () => {
    const answer = await tryPod(platform, pod({ namespace }));
    return answer.status !== 201 || new NotYet('admitted');
  });
  await stream.flows();
  await planned.change(PLANNED.rotator, quick);
  await until('the caBundle as it was', async () => {
    return (await caBundle(platform)) === right || new NotYet('the wrong one');
  });
  await stream.flows();
  const { kata, ...others } = await stream.stop();
  expect(kata).toBeGreaterThan(0);
  expect(others).not.toEqual({});
  for (const outcome of Object.keys(others))
    expect(outcome).toMatch(
      /^refused: .*failed calling webhook .*x509: certificate signed by unknown authority/,
    );
}

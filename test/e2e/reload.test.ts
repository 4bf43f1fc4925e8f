/** Certificates, policy and pods of the mutator change while pods are created: no answer is lost, none comes unmutated. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { valueAt } from '../../deploy/kubernetes/object';
import { MUTATOR, NAMESPACES } from '../../policy/names';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import {
  endPods,
  patient,
  PLANNED,
  plannedObjects,
  scaledTo,
  withFlags,
  type Planned,
} from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { pod, tryPod } from './support/pods';
import { enforce, restorePolicy } from './support/policy-switch';
import { caBundle, servedSerial, webhookReplicas } from './support/replicas';
import { startTraffic } from './support/traffic';
import { NotYet, until } from './support/wait';

jest.setTimeout(600_000);

const CONFIGURATIONS = [PLANNED.mutatorConfiguration, PLANNED.gatekeeperConfiguration];
const CONFIGURATION = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${MUTATOR.name}`;
const ROTATOR_PODS = `app.kubernetes.io/name=${MUTATOR.rotator}`;
const SYSTEM = `/api/v1/namespaces/${NAMESPACES.gatekeeper}`;

/** A new CA is only trusted for five minutes before it signs; on one API server a few seconds do. */
const quick = withFlags('--propagation-seconds=5', '--poll-seconds=1');

let platform: Platform;
let planned: Planned;
let enabled: string;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  enabled = await makeNamespace(platform, 'e2e-reload-', { labels: ENABLED });
  for (const id of CONFIGURATIONS) await planned.change(id, patient);
  await planned.change(PLANNED.rotator, quick);
});

afterAll(async () => {
  await restorePolicy(platform, planned);
  for (const id of [PLANNED.rotator, ...CONFIGURATIONS]) await planned.restore(id);
  await deleteNamespaces(platform, [enabled]);
  platform.close();
});

const traffic = () => startTraffic(platform, pod({ namespace: enabled }));

const remove = async (path: string) => {
  const { status } = await platform.server.send({ method: 'DELETE', path });
  expect(status).toBe(200);
};

const serials = async () => Promise.all((await webhookReplicas(platform)).map(servedSerial));

/** Waits until every replica serves a certificate that none of these is. */
const untilOthersThan = (before: readonly string[]) =>
  until('new certificates', async () => {
    const now = await serials();
    const all = now.length === before.length && now.every((serial) => !before.includes(serial));
    return all || new NotYet(now);
  });

test('the serving certificate: its Secret is deleted, a new one is served, no pod notices', async () => {
  const before = await serials();
  expect(before).toHaveLength(2);
  const stream = traffic();
  await stream.flows();
  await remove(`${SYSTEM}/secrets/${MUTATOR.certificateSecret}`);
  await untilOthersThan(before);
  await stream.flows();
  expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
});

test('the certificate authority: its Secret is deleted, a new one is trusted and signs, no pod notices', async () => {
  const [before, trusted] = [await serials(), await caBundle(platform)];
  const stream = traffic();
  await stream.flows();
  await remove(`${SYSTEM}/secrets/${MUTATOR.caSecret}`);
  await untilOthersThan(before);
  await stream.flows();
  expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
  expect(await caBundle(platform)).not.toBe(trusted);
});

test('a wrong caBundle: pods are refused, never let through, until the rotator has put it right', async () => {
  const right = await caBundle(platform);
  await planned.change(PLANNED.rotator, scaledTo(0));
  await endPods(platform, { labelSelector: ROTATOR_PODS });
  const stream = traffic();
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
    const answer = await tryPod(platform, pod({ namespace: enabled }));
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
});

test('the policy: every pod is decided about by the old one or the new one', async () => {
  const stream = traffic();
  await stream.flows();
  await enforce(platform, planned, { ...platform.policy, unlabelled: { assign: 'gvisor' } });
  await stream.flows();
  expect(await stream.stop()).toEqual({
    kata: expect.any(Number) as number,
    gvisor: expect.any(Number) as number,
  });
  await restorePolicy(platform, planned);
});

test('the pods of the mutator: a rolling restart loses nothing', async () => {
  const namespace = NAMESPACES.gatekeeper;
  const labelSelector = `app.kubernetes.io/name=${MUTATOR.name}`;
  const uids = async () => {
    const pods = await platform.api.list({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      labelSelector,
    });
    return pods.map(({ metadata }) => metadata.uid);
  };
  const before = await uids();
  const stream = traffic();
  await stream.flows();
  // As `kubectl rollout restart` does it.
  const { status } = await platform.server.send({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${namespace}/deployments/${MUTATOR.name}`,
    contentType: 'application/merge-patch+json',
    body: {
      spec: {
        template: {
          metadata: {
            annotations: { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() },
          },
        },
      },
    },
  });
  expect(status).toBe(200);
  await until('other pods, and the old ones gone', async () => {
    const now = await uids();
    const replaced = now.length === before.length && now.every((uid) => !before.includes(uid));
    const live = await platform.api.get({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace,
      name: MUTATOR.name,
    });
    const available = valueAt(live, 'status', 'availableReplicas') === before.length;
    return (replaced && available) || new NotYet({ before, now, available });
  });
  await stream.flows();
  expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
});

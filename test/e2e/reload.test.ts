/** Certificates, policy and pods of the mutator change while pods are created: no answer is lost, none comes unmutated. */
import { describeCertificates } from './support/certificates';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { patient, PLANNED, plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { pod } from '../fixtures/pods';
import { enforce, restorePolicy } from './support/policy-switch';
import { MUTATOR_PODS, restart } from './support/rollout';
import { startTraffic } from './support/traffic';

jest.setTimeout(600_000);

const CONFIGURATIONS = [PLANNED.mutatorConfiguration, PLANNED.gatekeeperConfiguration];

let platform: Platform;
let planned: Planned;
let enabled: string;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  enabled = await makeNamespace(platform, 'e2e-reload-', { labels: ENABLED });
  for (const id of CONFIGURATIONS) await planned.change(id, patient);
});

afterAll(async () => {
  await restorePolicy(platform, planned);
  for (const id of CONFIGURATIONS) await planned.restore(id);
  await deleteNamespaces(platform, [enabled]);
  platform.close();
});

const traffic = () => startTraffic(platform, pod({ namespace: enabled }));

describeCertificates(() => ({ platform, planned, namespace: enabled }));

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
  const stream = traffic();
  await stream.flows();
  await restart(platform, MUTATOR_PODS);
  await stream.flows();
  expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
});

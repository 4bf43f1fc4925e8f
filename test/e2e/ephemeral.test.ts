/** Containers added to a running pod are judged as all others: when they are added, by Gatekeeper, and later by the audit. */
import { listAt, stringAt } from '../../kubernetes/object';
import { CONSTRAINT_KINDS } from '../../base/names';
import { definePolicy } from '../../policy/model/define';
import { createPod, messageOf, pod, withoutHints } from '../fixtures/pods';
import { LAYERS } from './support/layers';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { enforce, restorePolicy } from './support/policy-switch';
import { NotYet, until } from './support/wait';

jest.setTimeout(600_000);

const NAMESPACE = 'e2e-ephemeral';

let platform: Platform;
let planned: Planned;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  await makeNamespace(platform, NAMESPACE, { labels: ENABLED });
  const { status } = await createPod(platform, pod({ namespace: NAMESPACE, name: 'target' }));
  expect(status).toBe(201);
});

afterAll(async () => {
  await restorePolicy(platform, planned);
  await deleteNamespaces(platform, [NAMESPACE]);
  platform.close();
});

async function attach(container: object) {
  const { status, body } = await platform.server.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${NAMESPACE}/pods/target/ephemeralcontainers`,
    contentType: 'application/strategic-merge-patch+json',
    body: { spec: { ephemeralContainers: [container] } },
  });
  return status === 200 ? 'admitted' : withoutHints(messageOf(body));
}

const refused = (constraint: string, sentence: string) =>
  `admission webhook "${LAYERS.gatekeeper}" denied the request: [${constraint}] ${sentence}`;

test('a container that nothing is against is added', async () => {
  expect(await attach({ name: 'shell', image: 'busybox' })).toBe('admitted');
});

test('a privileged one leads around the sandbox', async () => {
  const securityContext = { privileged: true };
  expect(await attach({ name: 'root', image: 'busybox', securityContext })).toBe(
    refused('enforce-sandbox', 'Pod target runs root privileged, which leads around its sandbox'),
  );
});

test('one that a rule denies is refused, and found by the audit where it is there already', async () => {
  expect(await attach({ name: 'older', image: 'registry.example.com/miner' })).toBe('admitted');
  const { runtimes, rules } = platform.policy;
  const when = { container: { image: { repository: 'miner*' } } };
  const policy = definePolicy({
    runtimes: [...runtimes],
    rules: [...rules, { name: 'no_miners', when, deny: 'not here' }],
  });
  await enforce(platform, planned, policy);
  const sentence = 'Pod target is refused by no miners: not here';
  expect(await attach({ name: 'newer', image: 'miner2' })).toBe(
    refused('enforce-dynamic-ai-runtime', sentence),
  );
  const found = await until('a violation in the status of the constraint', async () => {
    const constraint = await platform.api.get({
      apiVersion: 'constraints.gatekeeper.sh/v1beta1',
      kind: CONSTRAINT_KINDS.dynamic,
      name: 'enforce-dynamic-ai-runtime',
    });
    const violations = listAt(constraint, 'status', 'violations').filter(
      (violation) => stringAt(violation, 'namespace') === NAMESPACE,
    );
    const [violation] = violations;
    return violation ?? new NotYet(`${violations.length} violations`);
  });
  expect(stringAt(found, 'name')).toBe('target');
  expect(withoutHints(stringAt(found, 'message') ?? '')).toBe(sentence);
});

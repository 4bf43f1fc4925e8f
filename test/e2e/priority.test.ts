/**
 * A tenant's pods have no priority class of the system, with which they would evict those of others: a guardrail refuses it, and
 * the quota of the tenant does where no webhook is asked.
 */
import { stringAt } from '../../kubernetes/object';
import { LAYERS, makeLayersOptional, restoreLayers, without } from './support/layers';
import { plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, messageOf, pod, refusalOf, sandboxOf, tryPod } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

/** A tenant of sandbox.config.ts. */
const TENANT = 'ai-production';
const QUOTA = 'denied-priority-classes';
const ORDINARY = 'e2e-ordinary';
const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';
const BINDINGS = `/apis/rbac.authorization.k8s.io/v1/namespaces/${TENANT}/rolebindings`;

let platform: Platform;
let planned: Planned;

const send = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
  platform.server.send({ method, path, body });

const withClass = (priorityClassName: string, { name = 'probe', labels = {} } = {}) => {
  const plain = pod({ namespace: TENANT, name, label: 'kata', labels });
  return { ...plain, spec: { ...plain.spec, priorityClassName } };
};

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  await makeLayersOptional(platform, planned, TENANT);
  const apiVersion = 'scheduling.k8s.io/v1';
  const body = { apiVersion, kind: 'PriorityClass', metadata: { name: ORDINARY }, value: 1000 };
  await send('DELETE', `${CLASSES}/${ORDINARY}`);
  expect((await send('POST', CLASSES, body)).status).toBe(201);
});

afterAll(async () => {
  await send('DELETE', `${CLASSES}/${ORDINARY}`);
  await restoreLayers(planned);
  platform.close();
});

describe.each(['system-cluster-critical', 'system-node-critical'])('%s', (name) => {
  test('is refused by the mutator', async () => {
    const refusal = refusalOf(await tryPod(platform, withClass(name)));
    expect(refusal?.by).toBe(LAYERS.mutator);
    expect(refusal?.message).toMatch(
      new RegExp(
        `^HOLLOW_SANDBOX: Pod probe has priority class ${name}, which leads around its sandbox`,
      ),
    );
  });

  test('is refused by the quota where no webhook is asked', async () => {
    const labels = without('mutator', 'gatekeeper');
    const { status, body } = await tryPod(platform, withClass(name, { labels }));
    expect([status, messageOf(body)]).toEqual([
      403,
      `pods "probe" is forbidden: exceeded quota: ${QUOTA}, requested: pods=1, used: pods=0, limited: pods=0`,
    ]);
  });
});

test('an ordinary class, and none, are admitted', async () => {
  const ordinary = await until('the new PriorityClass', async () => {
    const answer = await tryPod(platform, withClass(ORDINARY));
    return answer.status === 201 ? answer : new NotYet(messageOf(answer.body));
  });
  expect(sandboxOf(ordinary)).toMatchObject({ runtimeClassName: 'kata' });
  expect((await tryPod(platform, pod({ namespace: TENANT, label: 'kata' }))).status).toBe(201);
});

test('their pods are counted by the quota of the tenant, and not by that of the system classes', async () => {
  const path = `/api/v1/namespaces/${TENANT}/pods/counted?gracePeriodSeconds=0`;
  await send('DELETE', path);
  const used = async (quota: string) => {
    const { body } = await send('GET', `/api/v1/namespaces/${TENANT}/resourcequotas/${quota}`);
    return Number(stringAt(body, 'status', 'used', 'pods'));
  };
  expect((await createPod(platform, withClass(ORDINARY, { name: 'counted' }))).status).toBe(201);
  try {
    expect(await used('quota')).toBeGreaterThan(0);
    expect(await used(QUOTA)).toBe(0);
  } finally {
    await send('DELETE', path);
  }
});

test('who has the ClusterRole admin in the namespace may create pods and may not change its quotas', async () => {
  const user = 'e2e-tenant-admin';
  const group = 'rbac.authorization.k8s.io';
  const made = await send('POST', BINDINGS, {
    apiVersion: `${group}/v1`,
    kind: 'RoleBinding',
    metadata: { name: user },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'admin' },
    subjects: [{ apiGroup: group, kind: 'User', name: user }],
  });
  expect([201, 409]).toContain(made.status);
  const may = async (verb: string, resource: string) => {
    const resourceAttributes = { namespace: TENANT, verb, resource };
    const { body } = await send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes },
    });
    return (body as { status: { allowed: boolean } }).status.allowed;
  };
  try {
    await until(
      'the rights of a tenant',
      async () => (await may('create', 'pods')) || new NotYet(''),
    );
    const verbs = ['create', 'update', 'patch', 'delete', 'deletecollection'];
    const allowed = await Promise.all(verbs.map((verb) => may(verb, 'resourcequotas')));
    expect(allowed).toEqual(verbs.map(() => false));
  } finally {
    await send('DELETE', `${BINDINGS}/${user}`);
  }
});

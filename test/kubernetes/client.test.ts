import { ApiError } from '../../kubernetes/api';
import { connect, createClient } from '../../kubernetes/client';
import type { ApiRequest } from '../../kubernetes/request';
import { object } from '../deploy/fake-api';

const DISCOVERY: Readonly<Record<string, unknown>> = {
  '/api/v1': {
    resources: [
      { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list'] },
      { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
      { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs: ['list'] },
    ],
  },
  '/apis': { groups: [{ preferredVersion: { groupVersion: 'apps/v1' } }] },
  '/apis/apps/v1': {
    resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] }],
  },
};

/** A client whose server serves `DISCOVERY` and gives these answers to everything else, in order. */
function clientOf(...answers: readonly unknown[]) {
  const requests: ApiRequest[] = [];
  const pending = [...answers];
  const client = createClient((request) => {
    const known = DISCOVERY[request.path];
    if (known !== undefined) return Promise.resolve({ status: 200, text: JSON.stringify(known) });
    if (request.path.startsWith('/apis/absent'))
      return Promise.reject(new ApiError(404, 'NotFound', 'not found'));
    requests.push(request);
    const answer = pending.shift();
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ status: 200, text: JSON.stringify(answer) });
  }, 'https://server.invalid');
  return { client, requests };
}

const notFound = new ApiError(404, 'NotFound', 'not found');
const pod = object('v1', 'Pod/team/p');

describe('get', () => {
  test('a namespaced object is asked for below its namespace', async () => {
    const { client, requests } = clientOf(pod);
    await client.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'team', name: 'p' });
    expect(requests).toEqual([{ method: 'GET', path: '/api/v1/namespaces/team/pods/p' }]);
  });

  test('what is not there, or of a kind that is not served, reads as undefined', async () => {
    const { client } = clientOf(notFound);
    expect(await client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'x' })).toBeUndefined();
    expect(await client.get({ apiVersion: 'absent/v1', kind: 'X', name: 'x' })).toBeUndefined();
  });
});

describe('apply', () => {
  const stored = (resourceVersion: string, metadata: object = {}) => ({
    ...pod,
    metadata: { ...pod.metadata, resourceVersion, ...metadata },
  });

  test('is a server-side apply that takes over the stated fields and refuses unknown ones', async () => {
    const { client, requests } = clientOf(notFound, stored('1'));
    await client.apply(pod);
    expect(requests[1]).toEqual({
      method: 'PATCH',
      path: '/api/v1/namespaces/team/pods/p',
      query: { fieldManager: 'secure-ai-sandbox', force: 'true', fieldValidation: 'Strict' },
      contentType: 'application/apply-patch+yaml',
      body: pod,
    });
  });

  test.each([
    ['created', notFound],
    ['unchanged', stored('7')],
    ['configured', stored('6', { labels: { old: 'value' } })],
    ['configured', { ...stored('6'), spec: { old: 'value' } }],
  ])('says %s', async (outcome, before) => {
    const { client } = clientOf(before, stored('7'));
    expect((await client.apply(pod)).outcome).toBe(outcome);
  });

  test("says unchanged where only a status and the server's records of writes are new", async () => {
    const managers = ['b', 'a'].map((manager) => ({ manager, operation: 'Apply' }));
    const before = { ...stored('6', { managedFields: [...managers].reverse() }), status: {} };
    const after = { ...stored('7', { managedFields: managers }), status: { observed: 1 } };
    const { client } = clientOf(before, after);
    expect((await client.apply(pod)).outcome).toBe('unchanged');
  });
});

describe('list', () => {
  test('follows the pages and gives each item its kind', async () => {
    const page = (name: string, token?: string) => ({
      metadata: { continue: token },
      items: [{ metadata: { name } }],
    });
    const { client, requests } = clientOf(page('a', 'more'), page('b'));
    const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', labelSelector: 'a=b' });
    expect(pods.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Pod a',
      'Pod b',
    ]);
    expect(requests.map(({ path, query }) => [path, query])).toEqual([
      ['/api/v1/pods', { limit: '500', labelSelector: 'a=b' }],
      ['/api/v1/pods', { limit: '500', labelSelector: 'a=b', continue: 'more' }],
    ]);
  });

  test('a kind that is not served has no objects', async () => {
    expect(await clientOf().client.list({ apiVersion: 'absent/v1', kind: 'X' })).toEqual([]);
  });
});

test('delete of what is not there is no error', async () => {
  const { client, requests } = clientOf(notFound);
  await client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'team', name: 'p' });
  expect(requests[0]).toMatchObject({
    method: 'DELETE',
    body: { propagationPolicy: 'Background' },
  });
});

test('a dry run asks for one', async () => {
  const { client, requests } = clientOf(pod, pod);
  await client.create(pod, { dryRun: true });
  await client.create(pod);
  expect(requests.map(({ query }) => query?.['dryRun'])).toEqual(['All', undefined]);
});

test('discovery leaves subresources out, and can be limited to groups', async () => {
  const { client } = clientOf();
  const kinds = async (groups?: ReadonlySet<string>) =>
    (await client.resourceTypes(groups)).map(({ resource }) => resource);
  expect(await kinds()).toEqual(['pods', 'namespaces', 'deployments']);
  expect(await kinds(new Set(['apps']))).toEqual(['deployments']);
});

describe('ApiError', () => {
  test.each([
    [0, '', true],
    [409, 'the object has been modified', true],
    [429, 'too many requests', true],
    [500, 'failed calling webhook', true],
    [500, 'failed to create typed patch object (x): field not declared in schema', false],
    [403, 'forbidden', false],
    [422, 'invalid', false],
  ])('%d %s: trying again helps is %s', (status, message, transient) => {
    expect(new ApiError(status, '', message).transient).toBe(transient);
  });
});

test('a kubeconfig that is not there is named', async () => {
  await expect(connect({ kubeconfig: '/does/not/exist' })).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    problems: [{ path: '/does/not/exist' }],
  });
});

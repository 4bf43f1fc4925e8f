/** No request leaves a namespace enabled and with the label that hides it from Gatekeeper, whichever endpoint it goes to. */
import { listAt, stringAt, type KubernetesObject } from '../../kubernetes/object';
import { ENABLED_LABEL } from '../../base/names';
import type { Answer } from '../fixtures/api-server';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { PLANNED, plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { messageOf } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

const IGNORE_LABEL = 'admission.gatekeeper.sh/ignore';
const IGNORED = { [IGNORE_LABEL]: 'x' };

/** Of the webhook; the same through every endpoint. */
const DENIAL =
  'admission webhook "check-ignore-label.gatekeeper.sh" denied the request: Only exempt namespace can have the admission.gatekeeper.sh/ignore label';

let platform: Platform;
let planned: Planned;
let enabled: string;
let plain: string;
let ignored: string;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  enabled = await makeNamespace(platform, 'ignore-enabled-', { labels: ENABLED });
  plain = await makeNamespace(platform, 'ignore-plain-');
  ignored = await makeNamespace(platform, 'ignore-ignored-', { labels: IGNORED });
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled, plain, ignored]);
  platform.close();
});

const pathOf = (name: string) => `/api/v1/namespaces/${name}`;

async function read(name: string): Promise<KubernetesObject> {
  return (await platform.server.send({ method: 'GET', path: pathOf(name) }))
    .body as unknown as KubernetesObject;
}

/** Puts the namespace back with these labels besides its own, through one of its endpoints. `finalize` takes PUT alone. */
async function putLabels(
  name: string,
  endpoint: string,
  labels: Readonly<Record<string, string>>,
): Promise<Answer> {
  return until('a request that no other change got in the way of', async () => {
    const live = await read(name);
    const metadata = { ...live.metadata, labels: { ...live.metadata.labels, ...labels } };
    const body = { ...live, metadata };
    const answer = await platform.server.send({
      method: 'PUT',
      path: `${pathOf(name)}${endpoint}`,
      body,
    });
    return answer.status === 409 ? new NotYet('a conflict') : answer;
  });
}

const outcome = ({ status, body }: Answer) => [status, status === 200 ? '' : messageOf(body)];

describe.each(['', '/status', '/finalize'])('a change through namespaces%s', (endpoint) => {
  test('may not put the ignore label on an enabled namespace', async () => {
    expect(outcome(await putLabels(enabled, endpoint, IGNORED))).toEqual([403, DENIAL]);
    expect((await read(enabled)).metadata.labels).not.toHaveProperty([IGNORE_LABEL]);
  });

  test('may not enable a namespace that carries it', async () => {
    expect(outcome(await putLabels(ignored, endpoint, ENABLED))).toEqual([403, DENIAL]);
  });

  test('may not do both at once', async () => {
    expect(outcome(await putLabels(plain, endpoint, { ...ENABLED, ...IGNORED }))).toEqual([
      403,
      DENIAL,
    ]);
  });

  test('may do anything else', async () => {
    const label = { [`e2e${endpoint.replace('/', '-')}`]: 'x' };
    for (const name of [enabled, plain, ignored]) {
      expect(outcome(await putLabels(name, endpoint, label))).toEqual([200, '']);
      expect((await read(name)).metadata.labels).toMatchObject(label);
    }
  });
});

test.each([
  ['', { generateName: 'ignore-forged-' }],
  [
    ', under a name in its labels that is exempt',
    { generateName: 'ignore-forged-', labels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  ],
])('no namespace comes to be with both labels%s', async (_, metadata) => {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata };
  const labels = { ...('labels' in metadata ? metadata.labels : {}), ...ENABLED };
  const create = (extra: object) =>
    platform.server.send({
      method: 'POST',
      path: '/api/v1/namespaces?dryRun=All',
      body: { ...body, metadata: { ...metadata, labels: { ...labels, ...extra } } },
    });
  expect((await create({})).status).toBe(201);
  const { status, body: said } = await create(IGNORED);
  expect([status, messageOf(said)]).toEqual([403, DENIAL]);
});

test('finalizers of an enabled namespace can be put there and taken away', async () => {
  for (const finalizers of [['kubernetes', 'example.org/e2e'], ['kubernetes']]) {
    const live = await read(enabled);
    const body = { ...live, spec: { finalizers } };
    const path = `${pathOf(enabled)}/finalize`;
    expect((await platform.server.send({ method: 'PUT', path, body })).status).toBe(200);
    expect(listAt(await read(enabled), 'spec', 'finalizers')).toEqual(finalizers);
  }
});

const untilGone = (name: string) =>
  until(`the end of ${name}`, async () => {
    const { status, body } = await platform.server.send({ method: 'GET', path: pathOf(name) });
    return status === 404 || new NotYet(body['status']);
  });

test('an enabled namespace that is deleted goes', async () => {
  const name = await makeNamespace(platform, 'ignore-going-', { labels: ENABLED });
  await deleteNamespaces(platform, [name]);
  await untilGone(name);
});

describe('a namespace that came to have both labels while the check was off', () => {
  let both: string;

  beforeAll(async () => {
    await planned.change(PLANNED.gatekeeperConfiguration, (manifest) => ({
      ...manifest,
      webhooks: listAt(manifest, 'webhooks').map((webhook) =>
        stringAt(webhook, 'name') === 'check-ignore-label.gatekeeper.sh'
          ? { ...(webhook as object), matchConditions: [{ name: 'off', expression: 'false' }] }
          : webhook,
      ),
    }));
    const name = `ignore-both-${Date.now()}`;
    both = await until('a namespace with both labels', async () => {
      const metadata = { name, labels: { ...ENABLED, ...IGNORED } };
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata };
      const answer = await platform.server.send({
        method: 'POST',
        path: '/api/v1/namespaces',
        body,
      });
      return answer.status === 201 ? name : new NotYet(messageOf(answer.body));
    });
    await planned.restore(PLANNED.gatekeeperConfiguration);
    await until('the check', async () => {
      const { status } = await putLabels(both, '', { e2e: 'x' });
      return status === 403 || new NotYet(status);
    });
  });

  test('stays as it is until one is taken away, and can go', async () => {
    expect(outcome(await putLabels(both, '/status', { e2e: 'x' }))).toEqual([403, DENIAL]);
    await deleteNamespaces(platform, [both]);
    await untilGone(both);
  });
});

test('the label of an enabled namespace is what is looked at, and its value', async () => {
  expect(outcome(await putLabels(ignored, '', { [ENABLED_LABEL]: 'false' }))).toEqual([200, '']);
});

/** What Gatekeeper is asked about in an enabled namespace, seen by what waits for it while it is down; and what it may do. */
import { DECISION_ANNOTATION, MUTATOR } from '../../base/names';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { endPods, PLANNED, plannedObjects, scaledTo, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, messageOf, pod, tryPod } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(600_000);

let platform: Platform;
let planned: Planned;
let namespace: string;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  namespace = await makeNamespace(platform, 'e2e-scope-', { labels: ENABLED });
});

afterAll(async () => {
  await deleteNamespaces(platform, [namespace]);
  platform.close();
});

interface Write {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

/** An HTTP status below 300, or the message of the refusal. */
async function outcomeOf({ method, path, body }: Write): Promise<number | string> {
  const contentType =
    method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json';
  const answer = await platform.server.send({ method, path, body, contentType });
  return answer.status < 300 ? answer.status : messageOf(answer.body);
}

const objects = (kind: string, apiVersion: string, resource: string, rest: object = {}) => {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = `${group}/namespaces/${namespace}/${resource}`;
  const body = { apiVersion, kind, metadata: { name: 'e2e', namespace }, ...rest };
  return { path, body };
};

/** What a tenant and its controllers write all day. */
const ordinaryObjects = () => {
  const template = {
    metadata: { labels: { app: 'e2e' } },
    spec: { containers: [{ name: 'main', image: 'busybox' }] },
  };
  return [
    objects('ConfigMap', 'v1', 'configmaps', { data: { key: 'value' } }),
    objects('Secret', 'v1', 'secrets'),
    objects('ServiceAccount', 'v1', 'serviceaccounts'),
    objects('Lease', 'coordination.k8s.io/v1', 'leases', { spec: { holderIdentity: 'e2e' } }),
    objects('Event', 'v1', 'events', {
      involvedObject: { kind: 'Namespace', namespace, name: namespace },
    }),
    objects('Deployment', 'apps/v1', 'deployments', {
      spec: { replicas: 0, selector: { matchLabels: { app: 'e2e' } }, template },
    }),
  ];
};

const podPath = () => `/api/v1/namespaces/${namespace}/pods/before`;

const FINALIZER = 'e2e.secure-ai.io/hold';

const WAITS = /failed calling webhook "validation\.gatekeeper\.sh"/;

describe('while Gatekeeper is down', () => {
  beforeAll(async () => {
    const before = pod({ namespace, name: 'before', label: 'kata', cpu: '1' });
    expect((await createPod(platform, before)).status).toBe(201);
    const going = pod({ namespace, name: 'going', label: 'kata' });
    const held = { ...going, metadata: { ...going.metadata, finalizers: [FINALIZER] } };
    expect((await createPod(platform, held)).status).toBe(201);
    await planned.change(PLANNED.gatekeeper, scaledTo(0));
    const labelSelector = 'control-plane=controller-manager';
    await endPods(platform, { labelSelector, service: 'gatekeeper-webhook-service' });
    await until('a refusal', async () => {
      const { status } = await tryPod(platform, pod({ namespace, label: 'kata' }));
      return status !== 201 || new NotYet('admitted');
    });
  });

  afterAll(() => planned.restore(PLANNED.gatekeeper));

  test('control: pods and what changes a pod wait for it', async () => {
    const ephemeralContainers = [{ name: 'debug', image: 'busybox' }];
    const containers = [{ name: 'main', resources: { requests: { cpu: '2' } } }];
    const judged: Write[] = [
      {
        method: 'POST',
        path: `/api/v1/namespaces/${namespace}/pods`,
        body: pod({ namespace, label: 'kata' }),
      },
      { method: 'PATCH', path: podPath(), body: { metadata: { labels: { e2e: 'x' } } } },
      {
        method: 'PATCH',
        path: `${podPath()}/ephemeralcontainers`,
        body: { spec: { ephemeralContainers } },
      },
      { method: 'PATCH', path: `${podPath()}/resize`, body: { spec: { containers } } },
    ];
    const outcomes = await Promise.all(judged.map(outcomeOf));
    expect(outcomes).toEqual(judged.map(() => expect.stringMatching(WAITS) as string));
  });

  test('a pod that is being deleted goes all the same', async () => {
    const path = `/api/v1/namespaces/${namespace}/pods/going`;
    const unheld = { metadata: { finalizers: null, labels: { e2e: 'x' } } };
    expect(await outcomeOf({ method: 'PATCH', path, body: unheld })).toMatch(WAITS);
    expect(await outcomeOf({ method: 'DELETE', path })).toBe(200);
    expect(await outcomeOf({ method: 'PATCH', path, body: unheld })).toBe(200);
    expect(await outcomeOf({ method: 'GET', path })).toMatch(/not found/);
  });

  test.each([
    ['the decision', DECISION_ANNOTATION],
    ['a setting of Kata', 'io.katacontainers.config.agent.debug'],
    ['a setting of gVisor', 'dev.gvisor.internal.x'],
  ])('an annotation that is judged waits: %s', async (_title, key) => {
    const body = { metadata: { annotations: { [key]: 'x' } } };
    expect(await outcomeOf({ method: 'PATCH', path: podPath(), body })).toMatch(WAITS);
  });

  test('taking the decision away waits', async () => {
    const body = { metadata: { annotations: { [DECISION_ANNOTATION]: null } } };
    expect(await outcomeOf({ method: 'PATCH', path: podPath(), body })).toMatch(WAITS);
  });

  test('nor does another annotation, nor a finalizer', async () => {
    const body = { metadata: { annotations: { note: 'x' }, finalizers: [FINALIZER] } };
    expect(await outcomeOf({ method: 'PATCH', path: podPath(), body })).toBe(200);
    const undone = { metadata: { annotations: { note: null }, finalizers: null } };
    expect(await outcomeOf({ method: 'PATCH', path: podPath(), body: undone })).toBe(200);
  });

  test('nothing else that a tenant writes does', async () => {
    for (const { path, body } of ordinaryObjects()) {
      const change = { metadata: { labels: { e2e: 'x' } } };
      const outcomes = [
        await outcomeOf({ method: 'POST', path, body }),
        await outcomeOf({ method: 'PATCH', path: `${path}/e2e`, body: change }),
        await outcomeOf({ method: 'DELETE', path: `${path}/e2e` }),
      ];
      expect([path, ...outcomes]).toEqual([path, 201, 200, expect.any(Number)]);
    }
  });

  test('nor what the kubelet and the scheduler write about pods, nor their eviction', async () => {
    const condition = { type: 'Ready', status: 'False', reason: 'e2e' };
    const status = { phase: 'Pending', conditions: [condition] };
    const scale = objects('Deployment', 'apps/v1', 'deployments').path;
    expect(
      await outcomeOf({ method: 'PATCH', path: `${podPath()}/status`, body: { status } }),
    ).toBe(200);
    const apiVersion = 'policy/v1';
    const body = { apiVersion, kind: 'Eviction', metadata: { name: 'before', namespace } };
    expect(await outcomeOf({ method: 'POST', path: `${podPath()}/eviction`, body })).toBe(201);
    expect(await outcomeOf({ method: 'PATCH', path: `${scale}/none/scale`, body: {} })).toMatch(
      /not found/,
    );
  });

  test('nor a namespace that comes, changes and goes, while the ignore label stays out', async () => {
    const name = await makeNamespace(platform, 'e2e-scope-going-', { labels: ENABLED });
    const path = `/api/v1/namespaces/${name}`;
    const label = (key: string) =>
      outcomeOf({ method: 'PATCH', path, body: { metadata: { labels: { [key]: 'x' } } } });
    expect(await label('e2e')).toBe(200);
    expect(await label('admission.gatekeeper.sh/ignore')).toMatch(
      /failed calling webhook "check-ignore-label\.gatekeeper\.sh"/,
    );
    await deleteNamespaces(platform, [name]);
    await until(`the end of ${name}`, async () => {
      const { status } = await platform.server.send({ method: 'GET', path });
      return status === 404 || new NotYet(status);
    });
  });
});

describe('mutation of Gatekeeper is off', () => {
  test('the only mutating webhook is ours', async () => {
    const configurations = await platform.api.list({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
    });
    expect(configurations.map(({ metadata }) => metadata.name)).toEqual([MUTATOR.name]);
  });

  test.each([
    ['admissionregistration.k8s.io', 'mutatingwebhookconfigurations', false],
    ['mutations.gatekeeper.sh', 'assign', false],
    // Controls: what the certificate and the constraints need.
    ['admissionregistration.k8s.io', 'validatingwebhookconfigurations', true],
    ['constraints.gatekeeper.sh', 'k8ssandboxedruntime', true],
  ])('it may change %s %s: %s', async (group, resource, allowed) => {
    const validating = 'gatekeeper-validating-webhook-configuration';
    const names: Readonly<Record<string, string>> = {
      mutatingwebhookconfigurations: 'gatekeeper-mutating-webhook-configuration',
      validatingwebhookconfigurations: validating,
    };
    const name = names[resource] ?? 'e2e';
    const { body } = await platform.server.send({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'system:serviceaccount:gatekeeper-system:gatekeeper-admin',
          groups: ['system:serviceaccounts', 'system:authenticated'],
          resourceAttributes: { verb: 'update', group, resource, name },
        },
      },
    });
    expect(body).toMatchObject({ status: { allowed } });
  });
});

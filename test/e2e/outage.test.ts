/** While the mutator or Gatekeeper is down: nothing unjudged gets in where sandboxes are promised, all else goes on. */
import { MUTATOR } from '../../base/names';
import { LAYERS, makeOptional, restoreLayers, without } from './support/layers';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { endPods, PLANNED, plannedObjects, scaledTo, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, messageOf, pod, refusalOf, sandboxOf, tryPod } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(600_000);

let platform: Platform;
let planned: Planned;
let enabled: string;
let plain: string;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  enabled = await makeNamespace(platform, 'e2e-outage-', { labels: ENABLED });
  plain = await makeNamespace(platform, 'e2e-plain-');
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled, plain]);
  platform.close();
});

/** Pods go to both namespaces; only the first is the platform's. */
const attempt = async (namespace: string) => {
  const { status, body } = await tryPod(platform, pod({ namespace, label: 'kata' }));
  return { status, message: messageOf(body) };
};

/** The API server learns of endpoints by a watch, so for a moment it may ask one that is gone, or none that is there. */
const untilRefused = () =>
  until('a refusal', async () => {
    const answer = await attempt(enabled);
    return answer.status === 201 ? new NotYet('admitted') : answer;
  });

/** Objects outside the namespaces the platform is turned on for, none of which may depend on it. */
const elsewhere = () => [
  ['a pod of another namespace', `/api/v1/namespaces/${plain}/pods`, pod({ namespace: plain })],
  [
    'a pod of kube-system',
    '/api/v1/namespaces/kube-system/pods',
    pod({ namespace: 'kube-system' }),
  ],
  [
    'a ConfigMap of kube-system',
    '/api/v1/namespaces/kube-system/configmaps',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'e2e' } },
  ],
  [
    'a Namespace',
    '/api/v1/namespaces',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'e2e-another' } },
  ],
  ['a Node', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'e2e' } }],
  [
    'a ClusterRole',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'e2e' },
      rules: [],
    },
  ],
  [
    'a pod of the platform itself',
    '/api/v1/namespaces/gatekeeper-system/pods',
    pod({ namespace: 'gatekeeper-system' }),
  ],
];

/** What the API server says to each of them. */
async function refusedElsewhere(): Promise<unknown[]> {
  const refusals = [];
  for (const [title, path, body] of elsewhere()) {
    const answer = await platform.server.send({
      method: 'POST',
      path: `${path as string}?dryRun=All`,
      body,
    });
    if (answer.status !== 201) refusals.push([title, messageOf(answer.body)]);
  }
  return refusals;
}

describe('the mutator', () => {
  beforeAll(async () => {
    const { status } = await createPod(
      platform,
      pod({ namespace: enabled, name: 'before', label: 'kata' }),
    );
    expect(status).toBe(201);
    await planned.change(PLANNED.mutator, scaledTo(0));
    const labelSelector = `app.kubernetes.io/name=${MUTATOR.name}`;
    await endPods(platform, { labelSelector, service: MUTATOR.name });
  });

  test('is down: pods are refused where sandboxes are promised, and the message says why', async () => {
    expect(await untilRefused()).toEqual({
      status: 500,
      message: expect.stringMatching(
        /^Internal error occurred: failed calling webhook "ai-runtime-mutator\.secure-ai\.io": .*no endpoints available for service "ai-runtime-mutator"$/,
      ) as string,
    });
  });

  test('is down: nobody else notices', async () => {
    expect(await refusedElsewhere()).toEqual([]);
  });

  test('is down: pods that are there can be changed and deleted', async () => {
    const path = `/api/v1/namespaces/${enabled}/pods/before`;
    const changed = await platform.server.send({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { note: 'x' } } },
    });
    const deleted = await platform.server.send({ method: 'DELETE', path });
    expect([changed.status, deleted.status]).toEqual([200, 200]);
  });

  test('is back: pods get their sandbox again', async () => {
    await planned.restore(PLANNED.mutator);
    const answer = await until('an admitted pod', async () => {
      const tried = await tryPod(platform, pod({ namespace: enabled, label: 'kata' }));
      return tried.status === 201 ? tried : new NotYet(messageOf(tried.body));
    });
    expect(sandboxOf(answer)).toMatchObject({ label: 'kata', runtimeClassName: 'kata' });
  });
});

describe('Gatekeeper', () => {
  beforeAll(async () => {
    // Otherwise the mutator would refuse bad pods before Gatekeeper is asked.
    await makeOptional(planned, 'mutator');
    await planned.change(PLANNED.gatekeeper, scaledTo(0));
    const labelSelector = 'control-plane=controller-manager';
    await endPods(platform, { labelSelector, service: 'gatekeeper-webhook-service' });
  });

  test('is down: pods are refused where sandboxes are promised, and the message says why', async () => {
    expect(await untilRefused()).toEqual({
      status: 500,
      message: expect.stringMatching(
        /^Internal error occurred: failed calling webhook "validation\.gatekeeper\.sh": .*no endpoints available for service "gatekeeper-webhook-service"$/,
      ) as string,
    });
  });

  test('is down: nobody else notices', async () => {
    expect(await refusedElsewhere()).toEqual([]);
  });

  test('is back: bad pods are refused for what they are, and none got in before', async () => {
    await planned.restore(PLANNED.gatekeeper);
    const bad = pod({ namespace: enabled, label: 'runc', labels: without('mutator') });
    const message = await until('a judgement by Gatekeeper', async () => {
      const answer = await tryPod(platform, bad);
      expect(answer.status).not.toBe(201);
      const refusal = refusalOf(answer);
      return refusal?.by === LAYERS.gatekeeper
        ? refusal.message
        : new NotYet(messageOf(answer.body));
    });
    expect(message).toContain('Pod probe asks for runtime runc');
    await restoreLayers(planned);
    expect(await attempt(enabled)).toMatchObject({ status: 201 });
  });
});

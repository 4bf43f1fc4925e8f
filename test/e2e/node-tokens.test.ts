/**
 * What the tokens of the two node installers are good for: their own node's marks. The tokens are real ones, bound to pods that are
 * bound to nodes; nodes and pods are objects only, which is all the API server looks at.
 */
import { ApiObject, App, Chart } from 'cdk8s';
import { accessObjects as gvisorAccess } from '../../constructs/nodes/gvisor/access';
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../kubernetes/object';
import { NAMESPACES } from '../../base/names';
import { connectApiServer, type Answer, type ApiServer } from '../fixtures/api-server';
import { connectPlatform, type Platform } from './support/platform';
import { messageOf } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

const OWN = 'e2e-tokens-own';
const OTHER = 'e2e-tokens-other';
const FOREIGN_TAINT = { key: 'e2e.example.org/reserved', effect: 'NoSchedule' };

const INSTALLERS = [
  {
    who: 'kata-deploy',
    namespace: NAMESPACES.kata,
    account: 'kata-deploy-sa',
    labels: ['katacontainers.io/kata-runtime', 'kata-deploy.katacontainers.io/default'],
    taint: 'katacontainers.io/kata-runtime',
  },
  {
    who: 'the gVisor installer',
    namespace: NAMESPACES.gvisor,
    account: 'gvisor-installer',
    labels: ['secure-ai.io/gvisor-runtime'],
    taint: 'secure-ai.io/gvisor-runtime',
  },
];

let platform: Platform;

const nodePath = (name: string) => `/api/v1/nodes/${name}`;

beforeAll(async () => {
  platform = await connectPlatform();
  await applyGvisorAccess(platform);
  for (const name of [OWN, OTHER]) {
    const taints = [FOREIGN_TAINT, ...INSTALLERS.map(({ taint }) => startupTaint(taint))];
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { taints } };
    await platform.server.send({ method: 'DELETE', path: nodePath(name) });
    expect(
      (await platform.server.send({ method: 'POST', path: '/api/v1/nodes', body })).status,
    ).toBe(201);
  }
});

afterAll(async () => {
  for (const name of [OWN, OTHER])
    await platform.server.send({ method: 'DELETE', path: nodePath(name) });
  platform.close();
});

const startupTaint = (key: string) => ({ key, effect: 'NoSchedule' });

/** A cluster without nodes has the namespace of the gVisor installer but not its account and policy. */
async function applyGvisorAccess({ api }: Platform): Promise<void> {
  const chart = new Chart(new App(), 'access', { disableResourceNameHashes: true });
  gvisorAccess(chart);
  const objects = chart.node.findAll().filter((one) => one instanceof ApiObject);
  for (const object of objects) await api.apply(object.toJson() as KubernetesObject);
}

describe.each(INSTALLERS)('the token of $who', ({ who, namespace, account, labels, taint }) => {
  let bound: ApiServer;
  let unbound: ApiServer;

  const tokenOf = async (pod?: { readonly name: string; readonly uid: string }) => {
    const boundObjectRef = pod && { apiVersion: 'v1', kind: 'Pod', ...pod };
    const { body } = await platform.server.send({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 3600, ...(boundObjectRef && { boundObjectRef }) },
      },
    });
    const token = stringAt(body, 'status', 'token');
    if (token === undefined) throw new Error(messageOf(body));
    return connectApiServer(platform.kubeconfig, token);
  };

  beforeAll(async () => {
    const name = `e2e-tokens-${account}`;
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    await platform.server.send({ method: 'DELETE', path: `${pods}/${name}?gracePeriodSeconds=0` });
    const { body } = await platform.server.send({
      method: 'POST',
      path: pods,
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: {
          nodeName: OWN,
          serviceAccountName: account,
          automountServiceAccountToken: false,
          tolerations: [{ operator: 'Exists' }],
          containers: [{ name: 'none', image: 'registry.example.org/none:1.0.0' }],
        },
      },
    });
    const uid = stringAt(body, 'metadata', 'uid');
    if (uid === undefined) throw new Error(messageOf(body));
    bound = await tokenOf({ name, uid });
    unbound = await tokenOf();
    // A policy counts once each API server has seen it.
    await until('a policy that answers', async () => {
      const answer = await merge(unbound, OWN, { metadata: { annotations: { seen: '' } } });
      return answer.status === 422 || new NotYet(messageOf(answer.body));
    });
  });

  afterAll(async () => {
    bound?.close();
    unbound?.close();
    const path = `/api/v1/namespaces/${namespace}/pods/e2e-tokens-${account}?gracePeriodSeconds=0`;
    await platform.server.send({ method: 'DELETE', path });
  });

  const expectRefused = (answer: Answer, why: string) => {
    expect({ status: answer.status, message: messageOf(answer.body) }).toEqual({
      status: 422,
      message: expect.stringContaining(`denied request: ${who} ${why}`) as string,
    });
  };
  const expectLabelRefused = (answer: Answer) =>
    expect({ status: answer.status, message: messageOf(answer.body) }).toEqual({
      status: 422,
      message: expect.stringContaining(
        `of the labels of a node ${who} may change only ${labels.join(', ')}`,
      ) as string,
    });
  const onlyOwn = 'may change only the node it runs on';
  const nothingElse = 'may change nothing else of a node';
  const label = (key: string, value: string | null) => ({ metadata: { labels: { [key]: value } } });

  test.each(labels)('sets, changes and takes away %s on its own node', async (key) => {
    for (const value of ['false', 'true', null]) {
      const answer = await merge(bound, OWN, label(key, value));
      expect([answer.status, messageOf(answer.body)]).toEqual([200, expect.anything()]);
      expect(valueAt(answer.body, 'metadata', 'labels', key) ?? null).toBe(value);
    }
  });

  test('sets its label by server-side apply too', async () => {
    const [key = ''] = labels;
    const answer = await bound.send({
      method: 'PATCH',
      path: `${nodePath(OWN)}?fieldManager=${account}&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: 'v1', kind: 'Node', metadata: { name: OWN, labels: { [key]: 'true' } } },
    });
    expect(answer.status).toBe(200);
  });

  test('no label of another node', async () => {
    const [key = ''] = labels;
    expectRefused(await merge(bound, OTHER, label(key, 'true')), onlyOwn);
    expect((await merge(platform.server, OTHER, label(key, 'true'))).status).toBe(200);
  });

  test('nothing without a pod the token is bound to', async () => {
    const [key = ''] = labels;
    expectRefused(await merge(unbound, OWN, label(key, 'true')), onlyOwn);
  });

  test('no other label of its own node: none new, none changed, none taken away', async () => {
    const key = 'e2e.example.org/zone';
    expectLabelRefused(await merge(bound, OWN, label(key, 'a')));
    expect((await merge(platform.server, OWN, label(key, 'a'))).status).toBe(200);
    expectLabelRefused(await merge(bound, OWN, label(key, 'b')));
    expectLabelRefused(await merge(bound, OWN, label(key, null)));
    expectLabelRefused(await merge(bound, OWN, { metadata: { labels: null } }));
    expectLabelRefused(await merge(bound, OWN, label(`${labels[0]}x`, 'true')));
    expect((await merge(platform.server, OWN, label(key, null))).status).toBe(200);
  });

  test('of the taints it removes its own, and no other, and adds and changes none', async () => {
    const only = `of the taints of a node ${who} may only remove ${taint}`;
    const expectTaintRefused = async (change: (taints: readonly Taint[]) => readonly Taint[]) => {
      const answer = await changeTaints(bound, change);
      expect([answer.status, messageOf(answer.body)]).toEqual([422, expect.stringContaining(only)]);
    };
    await expectTaintRefused((taints) => [...taints, { key: 'added', effect: 'NoExecute' }]);
    await expectTaintRefused((taints) => taints.filter(({ key }) => key !== FOREIGN_TAINT.key));
    await expectTaintRefused((taints) =>
      taints.map((one) => (one.key === taint ? { ...one, effect: 'NoExecute' } : one)),
    );
    const answer = await changeTaints(bound, (taints) => taints.filter(({ key }) => key !== taint));
    expect(answer.status).toBe(200);
    const left = taintsOf(answer.body).map(({ key }) => key);
    expect(left).toContain(FOREIGN_TAINT.key);
    expect(left).not.toContain(taint);
  });

  test.each([
    ['annotations', { metadata: { annotations: { 'e2e.example.org/a': 'a' } } }],
    [
      'ownerReferences',
      {
        metadata: {
          ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'gone', uid: 'no-such-uid' }],
        },
      },
    ],
    ['finalizers', { metadata: { finalizers: ['e2e.example.org/stay'] } }],
    ['unschedulable', { spec: { unschedulable: true } }],
    ['providerID', { spec: { providerID: 'e2e://other' } }],
    ['podCIDRs', { spec: { podCIDR: '192.0.2.0/24', podCIDRs: ['192.0.2.0/24'] } }],
  ])('no %s, not beside a label of its own either', async (_what, patch: Patch) => {
    expectRefused(await merge(bound, OWN, patch), nothingElse);
    const [key = ''] = labels;
    const beside = { ...patch, metadata: { ...patch.metadata, labels: { [key]: 'false' } } };
    expectRefused(await merge(bound, OWN, beside), nothingElse);
    const control = await merge(platform.server, OWN, patch, '?dryRun=All');
    expect([control.status, messageOf(control.body)]).toEqual([200, expect.anything()]);
  });

  test('no status, and no node made or deleted', async () => {
    const conditions = [{ type: 'Ready', status: 'False' }];
    const path = nodePath(OWN);
    const contentType = 'application/merge-patch+json';
    const status = { method: 'PATCH', path: `${path}/status`, contentType } as const;
    expect((await bound.send({ ...status, body: { status: { conditions } } })).status).toBe(403);
    expect((await bound.send({ method: 'DELETE', path })).status).toBe(403);
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'e2e-tokens-new' } };
    expect((await bound.send({ method: 'POST', path: '/api/v1/nodes', body })).status).toBe(403);
  });
});

interface Patch {
  readonly metadata?: object;
  readonly spec?: object;
}

interface Taint {
  readonly key: string;
  readonly effect: string;
}

function merge(as: ApiServer, node: string, body: object, query = ''): Promise<Answer> {
  const contentType = 'application/merge-patch+json';
  return as.send({ method: 'PATCH', path: `${nodePath(node)}${query}`, contentType, body });
}

const taintsOf = (node: Answer['body']) => listAt(node, 'spec', 'taints') as readonly Taint[];

/** Reads again where something else has changed the node in between: Kubernetes itself puts taints on a node nobody renews. */
async function changeTaints(
  as: ApiServer,
  change: (taints: readonly Taint[]) => readonly Taint[],
): Promise<Answer> {
  return until('an unchanged node', async () => {
    const { body } = await as.send({ method: 'GET', path: nodePath(OWN) });
    const resourceVersion = stringAt(body, 'metadata', 'resourceVersion');
    const taints = change(taintsOf(body));
    const answer = await merge(as, OWN, { metadata: { resourceVersion }, spec: { taints } });
    return answer.status === 409 ? new NotYet(messageOf(answer.body)) : answer;
  });
}

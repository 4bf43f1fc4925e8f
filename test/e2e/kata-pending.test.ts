/**
 * A pod that needs Kata, where no node has it: it waits and says what for, and never runs without its sandbox. The scheduler is
 * the real one; the node is an object only, which is all the scheduler ever looks at.
 */
import { listAt, stringAt } from '../../kubernetes/object';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, pod, sandboxOf } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

const NODE = 'e2e-kata-pending';
const NODE_PATH = `/api/v1/nodes/${NODE}`;

/** What the scheduler says of a node whose labels a pod does not select (kubernetes pkg/scheduler/framework/plugins/nodeaffinity). */
const NO_MATCH = /node\(s\) didn't match Pod's node affinity\/selector/;

let platform: Platform;
let enabled: string;
let plain: string;

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'e2e-kata-', { labels: ENABLED });
  plain = await makeNamespace(platform, 'e2e-kata-plain-');
  await platform.server.send({
    method: 'POST',
    path: '/api/v1/nodes',
    body: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } },
    },
  });
  const resources = { cpu: '4', memory: '8Gi', pods: '10' };
  const ready = { type: 'Ready', status: 'True', reason: 'Test', message: 'an object only' };
  await mergePatch(`${NODE_PATH}/status`, {
    status: { capacity: resources, allocatable: resources, conditions: [ready] },
  });
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled, plain]);
  await platform.server.send({ method: 'DELETE', path: NODE_PATH });
  platform.close();
});

function mergePatch(path: string, body: object) {
  const contentType = 'application/merge-patch+json';
  return platform.server.send({ method: 'PATCH', path, body, contentType });
}

/** Nobody renews the node's lease, so after a while it gets taints; they are not what this is about. */
function tolerant(body: ReturnType<typeof pod>, selector: Readonly<Record<string, string>> = {}) {
  const spec = { ...body.spec, nodeSelector: selector, tolerations: [{ operator: 'Exists' }] };
  return { ...body, spec };
}

async function look(namespace: string, name: string) {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const { body } = await platform.server.send({ method: 'GET', path });
  const scheduled = listAt(body, 'status', 'conditions').find(
    (condition) => stringAt(condition, 'type') === 'PodScheduled',
  );
  return {
    phase: stringAt(body, 'status', 'phase'),
    node: stringAt(body, 'spec', 'nodeName'),
    scheduled: stringAt(scheduled, 'status'),
    reason: stringAt(scheduled, 'reason'),
    message: stringAt(scheduled, 'message') ?? '',
  };
}

function untilBound(namespace: string, name: string): Promise<string> {
  return until(`pod ${name} has a node`, async () => {
    const { node, message } = await look(namespace, name);
    return node ?? new NotYet(message);
  });
}

test('it stays Pending and says why, while the node takes other pods', async () => {
  const asked = await createPod(
    platform,
    tolerant(pod({ namespace: enabled, name: 'sandboxed', label: 'kata' })),
  );
  expect(sandboxOf(asked).runtimeClassName).toBe('kata');

  const refused = await until('the scheduler has looked for a node', async () => {
    const seen = await look(enabled, 'sandboxed');
    return seen.scheduled === undefined ? new NotYet(seen) : seen;
  });
  expect(refused).toEqual({
    phase: 'Pending',
    node: undefined,
    scheduled: 'False',
    reason: 'Unschedulable',
    message: expect.stringMatching(NO_MATCH) as string,
  });

  const other = pod({ namespace: plain, name: 'other' });
  await createPod(platform, tolerant(other, { 'kubernetes.io/hostname': NODE }));
  expect(await untilBound(plain, 'other')).toBe(NODE);
  expect(await look(enabled, 'sandboxed')).toMatchObject({ phase: 'Pending', node: undefined });
});

test('it goes there as soon as kata-deploy has marked the node', async () => {
  expect(await look(enabled, 'sandboxed')).toMatchObject({ node: undefined });
  const labels = { 'katacontainers.io/kata-runtime': 'true' };
  await mergePatch(NODE_PATH, { metadata: { labels } });
  expect(await untilBound(enabled, 'sandboxed')).toBe(NODE);
});

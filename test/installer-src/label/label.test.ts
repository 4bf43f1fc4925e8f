import { decideShutdown } from '../../../installer-src/label/shutdown-decision';
import { reconcileNode, withholdNode, type NodeMarks } from '../../../installer-src/label/node';
import type { Api } from '../../../programs/in-cluster-api';

const LABEL = 'secure-ai.io/gvisor-runtime';
const TAINT = 'secure-ai.io/gvisor-not-ready';
const marks: NodeMarks = { node: 'n1', label: LABEL, startupTaint: TAINT, handler: 'runsc' };
const NODE = '/api/v1/nodes/n1';
const DAEMON_SET = '/apis/apps/v1/namespaces/gvisor-system/daemonsets/gvisor-installer';

type Json = Record<string, unknown>;

/** An API server of a few objects; keeps the bodies of patches, which change nothing. */
function apiWith(objects: Record<string, unknown>): { api: Api; patches: unknown[] } {
  const patches: unknown[] = [];
  const api: Api = {
    get: (path) => Promise.resolve(objects[path]),
    patch(path, _type, body) {
      patches.push(body);
      return Promise.resolve(objects[path]);
    },
  };
  return { api, patches };
}

const node = (labels: Json, handlers: readonly string[], taints: readonly Json[] = []) => ({
  metadata: { resourceVersion: '7', labels },
  spec: { taints },
  status: { runtimeHandlers: handlers.map((name) => ({ name })) },
});
const labelled = (value: string | null) => ({ metadata: { labels: { [LABEL]: value } } });

test('a node is offered when containerd and the kubelet have the handler: label first, taint last', async () => {
  const other = { key: 'other', effect: 'NoSchedule' };
  const { api, patches } = apiWith({
    [NODE]: node({}, ['', 'runsc'], [{ key: TAINT, effect: 'NoSchedule' }, other]),
  });
  expect(await reconcileNode(api, marks, { live: true })).toBe('offered');
  expect(patches).toEqual([
    labelled('true'),
    { metadata: { resourceVersion: '7' }, spec: { taints: [other] } },
  ]);
});

test('a node that is as it should be is not written', async () => {
  const { api, patches } = apiWith({ [NODE]: node({ [LABEL]: 'true' }, ['', 'runsc']) });
  expect(await reconcileNode(api, marks, { live: true })).toBe('offered');
  expect(patches).toEqual([]);
});

test('a kubelet that does not know the handler yet is waited for', async () => {
  const { api, patches } = apiWith({ [NODE]: node({}, ['', 'runsc-debug'], [{ key: TAINT }]) });
  expect(await reconcileNode(api, marks, { live: true })).toBe('pending');
  expect(patches).toEqual([]);
});

test('a kubelet that tells no handlers at all cannot be asked: containerd 1', async () => {
  const { api, patches } = apiWith({ [NODE]: { metadata: { resourceVersion: '7' } } });
  expect(await reconcileNode(api, marks, { live: true })).toBe('offered');
  expect(patches).toEqual([labelled('true')]);
});

test('a handler that is gone takes the label with it', async () => {
  const { api, patches } = apiWith({ [NODE]: node({ [LABEL]: 'true' }, ['']) });
  expect(await reconcileNode(api, marks, { live: false })).toBe('withheld');
  expect(await reconcileNode(api, marks, { live: true })).toBe('pending');
  expect(patches).toEqual([labelled(null), labelled(null)]);
});

test('who knows nothing yet changes nothing', async () => {
  const { api, patches } = apiWith({ [NODE]: node({ [LABEL]: 'true' }, ['']) });
  expect(await reconcileNode(api, marks, undefined)).toBe('unknown');
  expect(patches).toEqual([]);
});

test('withholding takes the label alone', async () => {
  const { api, patches } = apiWith({ [NODE]: node({ [LABEL]: 'true' }, ['', 'runsc']) });
  await withholdNode(api, marks);
  expect(patches).toEqual([labelled(null)]);
});

describe('the shutdown decision', () => {
  const daemonSet = (nodeSelector: Json, metadata: Json = {}, spec: Json = {}) => ({
    metadata,
    spec: { template: { spec: { nodeSelector, ...spec } } },
  });
  const wanting = (operator: string, ...values: string[]) => {
    const matchExpressions = [{ key: 'pool', operator, values }];
    const required = { nodeSelectorTerms: [{ matchExpressions }] };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required };
    return daemonSet({}, {}, { affinity: { nodeAffinity } });
  };
  const decide = (objects: Record<string, unknown>) =>
    decideShutdown(
      apiWith(objects).api,
      { namespace: 'gvisor-system', name: 'gvisor-installer' },
      'n1',
    );
  const pool = node({ pool: 'gvisor' }, []);

  test.each([
    ['its labels', daemonSet({ pool: 'gvisor' })],
    ['one of several pools', wanting('In', 'light', 'gvisor')],
    ['what this installer does not know', wanting('Near', 'light')],
  ])('keeps gVisor while the DaemonSet selects the node by %s', async (_what, object) => {
    expect(await decide({ [DAEMON_SET]: object, [NODE]: pool })).toBe('keep');
  });

  test.each([
    ['is gone', undefined],
    ['is going', daemonSet({}, { deletionTimestamp: '2026-11-23T00:00:00Z' })],
    ['selects other nodes', daemonSet({ pool: 'other' })],
    ['selects other pools', wanting('In', 'light', 'batch')],
  ])('uninstalls when the DaemonSet %s', async (_what, object) => {
    expect(await decide({ [DAEMON_SET]: object, [NODE]: pool })).toBe('uninstall');
  });
});

/** The trial of NetworkPolicies, on clusters whose network enforces them or does not. */
import { stringAt } from '../../kubernetes/object';
import { ENABLED_LABEL, NETWORK_NOT_ENFORCED_ANNOTATION } from '../../base/names';
import { networkPolicies } from '../../verify/steps/network-policies';
import type { VerifyContext } from '../../verify/step';
import type { FakeApi } from '../deploy/fake-api';
import { config, soundCluster, withNode } from './admission';
import { sceneOf } from './checks';

const NAMESPACE = 'secure-ai-network-test';

/** What the client prints at each look at its log, by whether a NetworkPolicy is there. */
type Network = (closed: boolean) => string;

/** A node that runs pods for good, and a client that makes three attempts between two looks. */
function withNetwork(api: FakeApi, handlers: readonly string[], network: Network): void {
  withNode(api, handlers, '');
  const { onRead } = api;
  api.onRead = (live) =>
    stringAt(live, 'kind') === 'Pod'
      ? { ...live, status: { phase: 'Running', podIP: '10.0.0.7' }, spec: { nodeName: 'n1' } }
      : onRead(live);
  let output = '';
  api.logs = () => {
    const closed = [...api.objects.values()].some(({ kind }) => kind === 'NetworkPolicy');
    output += `${network(closed)}\n`.repeat(3);
    return Promise.resolve(output);
  };
}

function context(api: FakeApi): VerifyContext {
  return { ...sceneOf(api, config), create: (manifest) => api.create(manifest) };
}

/** The node says that it cannot enforce. */
function knowsBetter(api: FakeApi): void {
  const { onRead } = api;
  api.onRead = (live) => {
    const read = onRead(live);
    const annotations = { [NETWORK_NOT_ENFORCED_ANNOTATION]: 'no plugin' };
    return live.kind === 'Node' ? { ...read, metadata: { ...read.metadata, annotations } } : read;
  };
}

const enforcing: Network = (closed) => (closed ? 'blocked' : 'reached');

test('passes where default-deny blocks the client and nothing else does', async () => {
  const api = soundCluster();
  withNetwork(api, ['runsc'], enforcing);
  expect(await networkPolicies.run(context(api))).toMatchObject({
    status: 'pass',
    evidence: { namespace: NAMESPACE, pods: 'gvisor pods', node: 'n1' },
  });
});

test('uses sandboxed pods in an enabled namespace, and ordinary ones where no node offers a runtime', async () => {
  for (const [handlers, enabled] of [
    [['runsc'], 'true'],
    [['runc'], undefined],
  ] as const) {
    const api = soundCluster();
    withNetwork(api, handlers, enforcing);
    expect(await networkPolicies.run(context(api))).toMatchObject({ status: 'pass' });
    const namespace = api.objects.get(` Namespace/${NAMESPACE}`);
    expect(namespace?.metadata.labels?.[ENABLED_LABEL]).toBe(enabled);
  }
});

test('is not run without a node', async () => {
  expect(await networkPolicies.run(context(soundCluster()))).toMatchObject({
    status: 'not-run',
    reason: expect.stringContaining('no ready node') as string,
  });
});

test('a pod that ends at once ends the trial', async () => {
  const api = soundCluster();
  withNode(api, ['runsc'], '');
  await expect(networkPolicies.run(context(api))).rejects.toThrow('ended at once: Succeeded');
});

describe('when the clock runs', () => {
  beforeEach(() => {
    // Ten seconds pass at every look at the clock.
    let now = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => (now += 10_000));
  });
  afterEach(() => jest.restoreAllMocks());

  test('fails where the client still reaches the server, and says what to do', async () => {
    const api = soundCluster();
    withNetwork(api, ['runsc'], () => 'reached');
    expect(await networkPolicies.run(context(api))).toMatchObject({
      status: 'fail',
      observed: expect.stringContaining('not enforced') as string,
      findings: [{ fix: expect.stringContaining('install a network plugin') as string }],
    });
  });

  test('is not run, and not passed, where the network is known not to enforce', async () => {
    const api = soundCluster();
    withNetwork(api, ['runsc'], () => 'reached');
    knowsBetter(api);
    expect(await networkPolicies.run(context(api))).toEqual({
      status: 'not-run',
      reason: 'not enforced here: no plugin',
    });
  });

  test('passes where the network is thought not to enforce, and does', async () => {
    const api = soundCluster();
    withNetwork(api, ['runsc'], enforcing);
    knowsBetter(api);
    const outcome = await networkPolicies.run(context(api));
    expect(outcome.status).toBe('pass');
  });

  test('is not run where the client never reaches the server', async () => {
    const api = soundCluster();
    withNetwork(api, ['runsc'], () => 'blocked');
    expect(await networkPolicies.run(context(api))).toMatchObject({
      status: 'not-run',
      reason: expect.stringContaining('even without a NetworkPolicy') as string,
    });
  });

  test('fails where the client stays blocked: it may not have been the policy', async () => {
    const api = soundCluster();
    let ever = false;
    withNetwork(api, ['runsc'], (closed) => {
      ever ||= closed;
      return ever ? 'blocked' : 'reached';
    });
    expect(await networkPolicies.run(context(api))).toMatchObject({
      status: 'fail',
      observed: expect.stringContaining('stays blocked') as string,
    });
  });
});

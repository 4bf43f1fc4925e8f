/** A neighbour who holds connections, as many as it can open: probes are answered, and pods are created all the same. */
import { listAt, valueAt } from '../../kubernetes/object';
import { clusterStateDir } from '../../local/paths';
import { listeningPorts } from './support/listening';
import { CLUSTER_VARIABLE } from './support/environment';
import { PLAIN_KINDS, probe, startFlood, WEBHOOK_KINDS, type Flood } from './support/flood';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { pod, sandboxOf, tryPod } from '../fixtures/pods';
import { apiServerClient, caBundle, policyAt, webhookReplicas } from './support/replicas';
import { isReady, MUTATOR_PODS, podsOf, ROTATOR_PODS } from './support/rollout';

jest.setTimeout(300_000);

/** Probes, one after the other; the kubelet asks a container's every few seconds. */
const PROBES = 100;

const CREATIONS = 200;

/** Creations under way at once. */
const AT_ONCE = 10;

let platform: Platform;
let enabled: string;

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'e2e-starvation-', { labels: ENABLED });
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled]);
  platform.close();
});

const stateDir = clusterStateDir(process.env[CLUSTER_VARIABLE] ?? '');

/** Restarts of each container, and whether each pod is ready. */
async function conditionOf(pods: typeof MUTATOR_PODS | typeof ROTATOR_PODS): Promise<unknown> {
  return (await podsOf(platform, pods)).map((live) => ({
    name: live.metadata.name,
    ready: isReady(live),
    restarts: listAt(live, 'status', 'containerStatuses').map((one) =>
      valueAt(one, 'restartCount'),
    ),
  }));
}

describe.each([
  ['a mutator', MUTATOR_PODS],
  ['the rotator', ROTATOR_PODS],
])('the ports of %s', (_, pods) => {
  test.each(['health', 'metrics'] as const)(
    'while 200 connections to %s are held, every probe is answered',
    async (flooded) => {
      const [victim] = await podsOf(platform, pods);
      const ports = await listeningPorts(stateDir, victim?.metadata.name ?? '');
      const health = { address: '127.0.0.1', port: ports.health };
      const before = await conditionOf(pods);
      expect(await probe(health, '/healthz')).toBe(200);
      const target = { address: '127.0.0.1', port: ports[flooded] };
      const flood = await startFlood([target], PLAIN_KINDS, 200);
      try {
        const answers = new Set<number | string>();
        for (let i = 0; i < PROBES; i += 1) {
          answers.add(await probe(health, '/healthz'));
          answers.add(await probe(health, '/readyz'));
        }
        expect([...answers]).toEqual([200]);
        expect(flood.opened()).toBeGreaterThanOrEqual(200);
      } finally {
        flood.stop();
      }
      expect(await conditionOf(pods)).toEqual(before);
    },
  );
});

describe("the webhook's port", () => {
  /** Creates the pods as dry runs, some at once; gives what became of them. */
  async function create(count: number): Promise<Record<string, number>> {
    const outcomes: Record<string, number> = {};
    let left = count;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const answer = await tryPod(platform, pod({ namespace: enabled, label: 'kata' }));
        const outcome =
          answer.status === 201
            ? String(sandboxOf(answer).runtimeClassName)
            : JSON.stringify(answer.body['message']);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return outcomes;
  }

  test('without a client certificate nobody is answered; the API server is', async () => {
    const [replica] = await webhookReplicas(platform);
    if (replica === undefined) throw new Error('no replica is ready');
    const trust = { ca: await caBundle(platform) };
    const client = apiServerClient(platform);
    expect(await policyAt(replica, platform.policy, { ...trust, client })).toEqual(
      expect.any(String) as string,
    );
    expect(await policyAt(replica, platform.policy, { ...trust, client: {} })).toBeUndefined();
  });

  test('1,000 anonymous connections cost none of 200 creations', async () => {
    expect(await create(CREATIONS)).toEqual({ kata: CREATIONS });
    const before = await conditionOf(MUTATOR_PODS);
    let flood: Flood | undefined;
    try {
      flood = await startFlood(await webhookReplicas(platform), WEBHOOK_KINDS, 1_000);
      expect(await create(CREATIONS)).toEqual({ kata: CREATIONS });
      expect(flood.opened()).toBeGreaterThanOrEqual(1_000);
    } finally {
      flood?.stop();
    }
    expect(await conditionOf(MUTATOR_PODS)).toEqual(before);
  });
});

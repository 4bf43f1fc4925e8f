/** Pods as large as they come, on the real API server, with webhook and Gatekeeper: created, and explained alike. */
import { explainPod } from '../../cli/explain/explain';
import { podsOf } from '../../cli/explain/manifests';
import { BIG_PODS, TOO_COSTLY_POD, type BigPod } from '../fixtures/big-pods';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { messageOf, pod, sandboxOf, tryPod } from '../fixtures/pods';

jest.setTimeout(300_000);

let platform: Platform;
let enabled: string;
let plain: string;

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'e2e-big-', { labels: ENABLED });
  plain = await makeNamespace(platform, 'e2e-big-plain-');
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled, plain]);
  platform.close();
});

const inNamespace = (big: BigPod, namespace: string): BigPod => ({
  ...big,
  metadata: { ...big.metadata, namespace },
});

test.each(Object.entries(BIG_PODS))(
  '%s: created in a sandbox, explained alike',
  async (name, big) => {
    const body = inNamespace(big, enabled);
    const [found] = podsOf('f', JSON.stringify(body));
    if (found === undefined) throw new Error('no pod was found');
    const { runtime, runtimeClassName } = explainPod(found, platform.policy);
    expect(runtime).not.toBeNull();

    const startedMilliseconds = performance.now();
    const answer = await tryPod(platform, body);
    console.info(`${name}: answered in ${(performance.now() - startedMilliseconds).toFixed(0)} ms`);
    expect(sandboxOf(answer)).toMatchObject({ label: runtime, runtimeClassName });
  },
);

test('beyond the cap: denied by name, with limit and fix; a plain namespace takes the same pod', async () => {
  const { status, body } = await tryPod(platform, inNamespace(TOO_COSTLY_POD, enabled));
  expect([status, body['reason']]).toEqual([403, 'Forbidden']);
  expect(messageOf(body)).toMatch(
    new RegExp(
      `denied the request: POD_TOO_LARGE Pod ${enabled}/arguments: it costs 450\\d{3} units to evaluate, ` +
        'more than the limit of 400000 \\(.*\\)\\. Fix: split it into several pods, or move .* to ConfigMaps or volumes$',
    ),
  );
  const control = await tryPod(platform, inNamespace(TOO_COSTLY_POD, plain));
  expect([control.status, messageOf(control.body)]).toEqual([201, 'admitted arguments']);
});

test('afterwards a small pod is created as ever', async () => {
  const answer = await tryPod(platform, pod({ namespace: enabled, label: 'kata' }));
  expect(sandboxOf(answer).runtimeClassName).toBe('kata');
});

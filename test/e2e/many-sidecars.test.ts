/** A pod of 200 sidecars with a resource name each, and pods that go: nothing refuses them or takes too long, but for what is wrong. */
import { RUNTIME_LABEL } from '../../base/names';
import {
  patchPod,
  sidecarPod,
  SIDECARS,
  UPDATES,
  updateMilliseconds,
} from '../fixtures/many-sidecars';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, messageOf, pod, withoutHints } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

const FINALIZER = 'e2e.secure-ai.io/hold';
const ROUNDS = 30;

let platform: Platform;
let enabled: string;
let plain: string;

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'e2e-sidecars-', { labels: ENABLED });
  plain = await makeNamespace(platform, 'e2e-sidecars-plain-');
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled, plain]);
  platform.close();
});

const outcome = ({ status, body }: Awaited<ReturnType<typeof createPod>>) =>
  status === 200 || status === 201 ? 'ok' : { status, message: withoutHints(messageOf(body)) };

const withLabel = (value: string) => ({ metadata: { labels: { [RUNTIME_LABEL]: value } } });
const withoutFinalizer = { metadata: { '$deleteFromPrimitiveList/finalizers': [FINALIZER] } };

function remove(namespace: string, name: string) {
  return platform.server.send({
    method: 'DELETE',
    path: `/api/v1/namespaces/${namespace}/pods/${name}`,
  });
}

async function expectGone(namespace: string, name: string): Promise<void> {
  await until(`the end of pod ${name}`, async () => {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const { status } = await platform.server.send({ method: 'GET', path });
    return status === 404 || new NotYet(status);
  });
}

describe(`a pod of ${SIDECARS} sidecars with a resource name each`, () => {
  const name = 'many';
  const patch = (body: object, subresource?: string) =>
    patchPod(platform, { namespace: enabled, name }, body, subresource);
  const refusal = {
    status: 403,
    message:
      'admission webhook "validation.gatekeeper.sh" denied the request: [enforce-sandbox] ' +
      'Pod many has runtime label kata but runtimeClassName gvisor',
  };

  test('is created', async () => {
    const many = sidecarPod({
      namespace: enabled,
      name,
      sidecars: SIDECARS,
      finalizers: [FINALIZER],
    });
    expect(outcome(await createPod(platform, many))).toBe('ok');
  });

  test.each([
    ['label', { metadata: { labels: { team: 'a' } } }, ''],
    ['annotation', { metadata: { annotations: { note: 'a' } } }, ''],
    ['status', { status: { message: 'a' } }, '/status'],
    [
      'request for CPU',
      { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '2' } } }] } },
      '/resize',
    ],
    ['image', { spec: { initContainers: [{ name: 'sidecar-7', image: 'busybox:2' }] } }, ''],
  ])('is updated with another %s', async (_what, body, subresource) => {
    expect(outcome(await patch(body, subresource))).toBe('ok');
  });

  test('is refused a runtime label that is not of its class', async () => {
    expect(outcome(await patch(withLabel('kata')))).toEqual(refusal);
  });

  test('is deleted and finalized', async () => {
    expect(outcome(await remove(enabled, name))).toBe('ok');
    expect(outcome(await patch(withoutFinalizer))).toBe('ok');
    await expectGone(enabled, name);
  });
});

describe('a pod that is being deleted', () => {
  const WRONG = { ...withLabel('runc'), spec: { containers: [{ name: 'main', image: 'b:2' }] } };

  test('goes on changing, even to what is refused of one that stays', async () => {
    for (const name of ['stays', 'goes']) {
      const held = pod({ namespace: enabled, name, label: 'gvisor' });
      const metadata = { ...held.metadata, finalizers: [FINALIZER] };
      expect(outcome(await createPod(platform, { ...held, metadata }))).toBe('ok');
    }
    expect(outcome(await remove(enabled, 'goes'))).toBe('ok');
    const patch = (name: string, body: object) =>
      patchPod(platform, { namespace: enabled, name }, body);
    expect(outcome(await patch('stays', WRONG))).toMatchObject({ status: 403 });
    expect(outcome(await patch('goes', WRONG))).toBe('ok');
    expect(outcome(await patch('goes', withoutFinalizer))).toBe('ok');
    await expectGone(enabled, 'goes');
    expect(outcome(await patch('stays', withoutFinalizer))).toBe('ok');
    expect(outcome(await remove(enabled, 'stays'))).toBe('ok');
    await expectGone(enabled, 'stays');
  });
});

/**
 * The API server alone takes several times as long for 200 containers as for one: it decodes, validates and stores them. So each pod is
 * paired with its twin in a namespace that is not enabled, and the slowdowns are compared. What Gatekeeper judges it has to decode as
 * well, twice, for each constraint; comparing sums instead of what is stated, it ran into timeouts.
 */
describe(`enabling a namespace slows updates of ${SIDECARS} sidecars by no more than a few times what it slows those of one container`, () => {
  const targets = () =>
    [enabled, plain].flatMap((namespace) =>
      [0, SIDECARS].map((sidecars) => ({ namespace, name: `paired-${sidecars}`, sidecars })),
    );

  beforeAll(async () => {
    for (const target of targets())
      expect(outcome(await createPod(platform, sidecarPod(target)))).toBe('ok');
  });

  test.each([
    ['of an annotation', 2],
    ['of a label, which is judged', 5],
  ] as const)('%s: %d times', async (title, most) => {
    const [one = NaN, many = NaN, plainOne = NaN, plainMany = NaN] = await updateMilliseconds(
      platform,
      targets(),
      { rounds: ROUNDS, change: UPDATES[title] },
    );
    const ratio = many / plainMany / (one / plainOne);
    console.info(
      `update ${title}, median ms: one container ${one.toFixed(1)} (not enabled ${plainOne.toFixed(1)}), ` +
        `${SIDECARS} sidecars ${many.toFixed(1)} (${plainMany.toFixed(1)}); ratio of slowdowns ${ratio.toFixed(2)}`,
    );
    expect(ratio).toBeLessThan(most);
  });
});

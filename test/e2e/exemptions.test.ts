/** Exempt namespaces are out of the reach of every engine, labelled or not. */
import { listAt, stringAt } from '../../kubernetes/object';
import { CONSTRAINT_KINDS, ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../base/names';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, messageOf, pod, sandboxOf, tryPod } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

let platform: Platform;
let enabled: string;

/** The value of the enabled label, `null` to take it away. */
async function label(name: string, value: string | null): Promise<void> {
  const { status, body } = await platform.server.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${name}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { [ENABLED_LABEL]: value } } },
  });
  if (status !== 200) throw new Error(messageOf(body));
}

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'exemptions-', { labels: ENABLED });
  for (const name of EXEMPT_NAMESPACES) await label(name, 'true');
});

afterAll(async () => {
  for (const name of EXEMPT_NAMESPACES) await label(name, null);
  await deleteNamespaces(platform, [enabled]);
  platform.close();
});

/** Of a namespace that was labelled just now, the API server may still have the old labels. */
const seenBy = (namespace: string) =>
  until(`what admission makes of a pod in ${namespace}`, async () => {
    const answer = await tryPod(platform, pod({ namespace }));
    return answer.status === 201 ? sandboxOf(answer) : new NotYet(messageOf(answer.body));
  });

test('control: a pod that says nothing gets a class in an enabled namespace', async () => {
  expect(await seenBy(enabled)).toMatchObject({ label: 'kata', runtimeClassName: 'kata' });
});

describe.each(EXEMPT_NAMESPACES)('%s, labelled as enabled', (namespace) => {
  test('the mutator leaves a pod as it is, and Gatekeeper admits it', async () => {
    // A later namespace with the same labels is seen as enabled: so this one's labels are known by then.
    const later = await makeNamespace(platform, 'exemptions-later-', { labels: ENABLED });
    expect(await seenBy(later)).toMatchObject({ runtimeClassName: 'kata' });
    await deleteNamespaces(platform, [later]);
    expect(await seenBy(namespace)).toEqual({
      label: undefined,
      runtimeClassName: undefined,
      decision: undefined,
    });
  });

  test('Gatekeeper admits a pod whose label names no runtime, which it refuses elsewhere', async () => {
    const unknown = (where: string) =>
      tryPod(platform, pod({ namespace: where, label: 'none-such' }));
    expect((await unknown(enabled)).status).toBe(403);
    const { status, body } = await unknown(namespace);
    expect([status, stringAt(body, 'kind')]).toEqual([201, 'Pod']);
  });
});

test('the audit finds a pod in an enabled namespace that came to be enabled later, and none in exempt ones', async () => {
  const late = await makeNamespace(platform, 'exemptions-late-');
  expect((await createPod(platform, pod({ namespace: late, name: 'unsandboxed' }))).status).toBe(
    201,
  );
  const exempt = { namespace: 'kata-system', name: 'exemptions-unsandboxed' };
  const pods = `/api/v1/namespaces/${exempt.namespace}/pods`;
  const path = `${pods}/${exempt.name}?gracePeriodSeconds=0`;
  await platform.server.send({ method: 'DELETE', path });
  expect((await createPod(platform, pod(exempt))).status).toBe(201);
  try {
    await label(late, 'true');
    const namespaces = await until('a violation in the enabled namespace', async () => {
      const kind = CONSTRAINT_KINDS.sandboxed;
      const apiVersion = 'constraints.gatekeeper.sh/v1beta1';
      const violations = (await platform.api.list({ apiVersion, kind })).flatMap((constraint) =>
        listAt(constraint, 'status', 'violations').map((one) => stringAt(one, 'namespace')),
      );
      return violations.includes(late) ? violations : new NotYet(violations);
    });
    expect(namespaces.filter((name) => EXEMPT_NAMESPACES.includes(name ?? ''))).toEqual([]);
  } finally {
    await platform.server.send({ method: 'DELETE', path });
    await deleteNamespaces(platform, [late]);
  }
});

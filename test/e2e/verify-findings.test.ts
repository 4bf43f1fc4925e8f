/** What verify finds on a real cluster that was tampered with: exactly that, with its fix, and nothing before and after. */
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ServiceTarget } from '../../kubernetes/api';
import { createDecider } from '../../policy/decision/decide';
import { ENABLED_LABEL, MUTATOR, NAMESPACES } from '../../base/names';
import config from '../../sandbox.config';
import { valueAt, type KubernetesObject, type ObjectReference } from '../../kubernetes/object';
import { askAlone } from '../../verify/layers';
import { findingsOf, sceneOf } from '../verify/checks';
import { CLOSED, deleteNamespaces, makeNamespace } from './support/namespaces';
import { endpointsOf, plannedObjects, PLANNED, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { createPod, messageOf, pod } from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

const IGNORE_LABEL = 'admission.gatekeeper.sh/ignore';

let platform: Platform;
let planned: Planned;
/** Enabled and closed: what is tampered with where a whole tenant would do. */
let tenant: string;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  tenant = await makeNamespace(platform, 'e2e-verify-', { labels: CLOSED });
  await untilSound();
});

afterAll(async () => {
  await deleteNamespaces(platform, [tenant]);
  platform.close();
});

const findings = () => findingsOf(platform.api, config);

/** Namespaces of other test files may still be on their way out. */
const untilSound = () =>
  until('no finding', async () => {
    const found = await findings();
    return Object.keys(found).length === 0 || new NotYet(found);
  });

/** The one finding of one step, and its fix. */
const only = (step: string, path: string, reason: RegExp, fix: RegExp) => ({
  [step]: [
    {
      path,
      reason: expect.stringMatching(reason) as string,
      fix: expect.stringMatching(fix) as string,
    },
  ],
});

const namespaceOf = (name: string): ObjectReference => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  name,
});

const label = (labels: Record<string, string | null>) =>
  platform.api.patch(namespaceOf(tenant), { metadata: { labels } });

test('a cluster nobody tampered with has no finding', async () => {
  expect(await findings()).toEqual({});
});

describe('a label of a namespace', () => {
  afterEach(untilSound);

  test('Gatekeeper is told to ignore it', async () => {
    // The namespace is turned off meanwhile, because the check refuses the label on one that is turned on.
    await label({ [ENABLED_LABEL]: null });
    await label({ [IGNORE_LABEL]: 'yes' });
    try {
      await withoutIgnoreCheck(() => label({ [ENABLED_LABEL]: 'true' }));
      expect(await findings()).toEqual(
        only('exemptions', `Namespace/${tenant}`, /ignore exempts its pods/, /remove the label/),
      );
    } finally {
      await label({ [IGNORE_LABEL]: null, [ENABLED_LABEL]: 'true' });
    }
  });

  test('the enabled label says True', async () => {
    await label({ [ENABLED_LABEL]: 'True' });
    const found = await findings();
    await label({ [ENABLED_LABEL]: 'true' });
    expect(found).toEqual(
      only('namespaces', `Namespace/${tenant}`, /is "True", which enables nothing/, /=true$/),
    );
  });

  test('Pod Security is lowered', async () => {
    await label({ 'pod-security.kubernetes.io/enforce': 'privileged' });
    const found = await findings();
    await label({ 'pod-security.kubernetes.io/enforce': 'baseline' });
    expect(found).toEqual(
      only('namespaces', `Namespace/${tenant}`, /enforce is privileged/, /enforce=baseline$/),
    );
  });
});

test("Gatekeeper's Config excludes an enabled namespace", async () => {
  const manifest: KubernetesObject = {
    apiVersion: 'config.gatekeeper.sh/v1alpha1',
    kind: 'Config',
    metadata: { name: 'config', namespace: NAMESPACES.gatekeeper },
    spec: { match: [{ processes: ['webhook'], excludedNamespaces: [`${tenant}*`] }] },
  };
  await platform.api.create(manifest);
  const found = await findings();
  await platform.api.delete({
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    name: 'config',
    namespace: NAMESPACES.gatekeeper,
  });
  expect(found).toEqual(
    only('exemptions', 'Config/gatekeeper-system/config', /excludedNamespaces/, /^remove /),
  );
  await untilSound();
});

test('a constraint only reports', async () => {
  const reference = {
    apiVersion: 'constraints.gatekeeper.sh/v1beta1',
    kind: 'K8sSandboxedRuntime',
    name: 'enforce-sandbox',
  };
  await platform.api.patch(reference, { spec: { enforcementAction: 'dryrun' } });
  const found = await findings();
  await platform.api.patch(reference, { spec: { enforcementAction: 'deny' } });
  expect(found).toEqual(
    only(
      'constraints',
      'K8sSandboxedRuntime/enforce-sandbox',
      /^spec.enforcementAction is "dryrun", not "deny"$/,
      /deploy the platform again/,
    ),
  );
  await untilSound();
});

describe('a webhook configuration', () => {
  type Webhook = Readonly<Record<string, unknown>>;
  const tampered = async (id: string, of: (webhook: Webhook) => object) => {
    await planned.change(id, (manifest) => ({
      ...manifest,
      webhooks: (manifest['webhooks'] as Webhook[]).map((webhook, i) =>
        i === 0 ? { ...webhook, ...of(webhook) } : webhook,
      ),
    }));
    try {
      return await findings();
    } finally {
      await planned.restore(id);
      await untilSound();
    }
  };
  const deploy = /deploy the platform again/;

  test('of the mutator leaves objects out', async () => {
    const objectSelector = { matchLabels: { 'e2e.example/none': 'x' } };
    expect(await tampered(PLANNED.mutatorConfiguration, () => ({ objectSelector }))).toEqual(
      only(
        'webhook-mutator',
        `MutatingWebhookConfiguration/${MUTATOR.name}`,
        /objectSelector/,
        deploy,
      ),
    );
  });

  test('of Gatekeeper leaves the namespace out', async () => {
    const narrow = ({ namespaceSelector }: Webhook) => ({
      namespaceSelector: {
        matchExpressions: [
          ...(valueAt(namespaceSelector, 'matchExpressions') as object[]),
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [tenant] },
        ],
      },
    });
    expect(await tampered(PLANNED.gatekeeperConfiguration, narrow)).toEqual(
      only(
        'webhook-gatekeeper',
        'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
        new RegExp(`leaves out enabled namespaces: ${tenant}$`),
        deploy,
      ),
    );
  });
});

test('a pod older than the platform mounts the node', async () => {
  const old = await makeNamespace(platform, 'e2e-verify-old-');
  const manifest = pod({ namespace: old, name: 'hollow', runtimeClassName: 'gvisor' });
  const volumes = [{ name: 'host', hostPath: { path: '/etc' } }];
  // Scheduled by its author, as no node of this cluster offers the runtime.
  const { status, body } = await createPod(platform, {
    ...manifest,
    spec: { ...manifest.spec, volumes, nodeName: 'no-such-node' },
  } as typeof manifest);
  expect({ status, message: messageOf(body) }).toMatchObject({ status: 201 });
  await platform.api.patch(namespaceOf(old), { metadata: { labels: CLOSED } });
  const found = await findings();
  await deleteNamespaces(platform, [old]);
  expect(found).toEqual(
    only('hollow-pods', `Pod/${old}/hollow`, /^it mounts \/etc of its node$/, /delete the pod/),
  );
  await untilSound();
});

describe('Gatekeeper alone', () => {
  // The pods of this cluster are host processes, which the API server's proxy does not reach.
  const ask = (about: Parameters<typeof askAlone>[2]) =>
    askAlone(
      sceneOf({ ...platform.api, postToService: (service, body) => post(service, body) }, config),
      'gatekeeper',
      about,
    );
  const post = async (service: ServiceTarget, body: unknown): Promise<unknown> => {
    const [endpoint] = await endpointsOf(platform.api, service.name);
    if (endpoint === undefined) throw new Error(`${service.name} has no endpoint`);
    const { address: host, port } = endpoint;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' };
      const options = { host, port, path: service.path, method: 'POST', headers };
      request({ ...options, rejectUnauthorized: false, agent: false }, resolve)
        .on('error', reject)
        .end(JSON.stringify(body));
    });
    return JSON.parse(await text(response));
  };

  test('refuses a pod in the words of the policy, past the mutator', async () => {
    const namespace = 'ai-production';
    const refused = pod({ namespace, name: 'alone', container: 'ai-model' });
    const [denial] = createDecider(platform.policy).decide(refused, { namespace }).denials;
    expect(await ask(refused)).toEqual({
      allowed: false,
      message: expect.stringContaining(denial?.message ?? 'no denial') as string,
    });
  });

  test('admits a pod that is in its sandbox', async () => {
    const sound = pod({ namespace: tenant, label: 'kata', runtimeClassName: 'kata' });
    expect(await ask(sound)).toMatchObject({ allowed: true });
  });
});

/** Does what only the check of the ignore label would refuse, while the API server asks it about no object. */
async function withoutIgnoreCheck(act: () => Promise<unknown>): Promise<void> {
  const id = PLANNED.gatekeeperConfiguration;
  await planned.change(id, (manifest) => ({
    ...manifest,
    webhooks: (manifest['webhooks'] as { readonly name: string }[]).map((webhook) =>
      webhook.name.startsWith('check-ignore-label.')
        ? { ...webhook, objectSelector: { matchLabels: { 'e2e.example/none': 'x' } } }
        : webhook,
    ),
  }));
  try {
    // The API server learns of the change by its watch.
    await until('the check is asked no longer', async () => {
      try {
        await act();
        return true;
      } catch (error) {
        return new NotYet((error as Error).message);
      }
    });
  } finally {
    await planned.restore(id);
  }
}

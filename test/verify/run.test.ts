import { ApiError } from '../../kubernetes/api';
import { CONSTRAINT_KINDS, MUTATOR, NAMESPACES } from '../../base/names';
import { defineSandbox } from '../../constructs';
import { verify } from '../../verify/run';
import { CHECKS } from '../../verify/steps';
import { valueAt } from '../../kubernetes/object';
import { fakeApi, object, type FakeApi } from '../deploy/fake-api';
import { KATA_HANDLER } from '../policy/fixtures';
import { config, policy, refuseAs, soundCluster, withNode } from './admission';

const never = new AbortController().signal;

async function statuses(api: FakeApi, followed = config): Promise<Record<string, string>> {
  const report = await verify({ api, config: followed, signal: never });
  return Object.fromEntries(report.steps.map(({ id, status }) => [id, status]));
}

async function stepOf(api: FakeApi, id: string, followed = config) {
  const report = await verify({ api, config: followed, signal: never });
  return report.steps.find((step) => step.id === id);
}

const podsAndNamespaces = (api: FakeApi) =>
  [...api.objects.keys()].filter((key) => /^ (Pod|Namespace)\//.test(key));

describe('a sound cluster without nodes', () => {
  test('passes every step but the proofs, which are not run and not counted as passed', async () => {
    const report = await verify({ api: soundCluster(), config, signal: never });
    expect(Object.fromEntries(report.steps.map(({ id, status }) => [id, status]))).toEqual({
      preflight: 'pass',
      'webhook-mutator': 'pass',
      'webhook-gatekeeper': 'pass',
      constraints: 'pass',
      exemptions: 'pass',
      namespaces: 'pass',
      'hollow-pods': 'pass',
      'label-kata': 'pass',
      'label-gvisor': 'pass',
      'unlabelled-refused': 'pass',
      'rule-pytorch': 'pass',
      'rule-pytorch-split': 'pass',
      'rule-scikit': 'pass',
      'mislabelled-refused': 'pass',
      'proof-kata': 'not-run',
      'proof-gvisor': 'not-run',
      control: 'not-run',
      'network-policies': 'not-run',
      audit: 'pass',
    });
    expect(report.counts).toEqual({ pass: 15, fail: 0, 'not-run': 4 });
  });

  test('expects the messages of the policy to the letter', async () => {
    const report = await verify({ api: soundCluster(), config, signal: never });
    const expected = Object.fromEntries(report.steps.map((step) => [step.id, step.expected]));
    expect(expected['unlabelled-refused']).toBe(
      'Pod invalid-ai-test requires label secure-ai.io/runtime to use runtime kata',
    );
    expect(expected['mislabelled-refused']).toBe(
      'Workload mislabelled-ai-test with high compute requires runtime kata',
    );
  });

  test('is left as it was found', async () => {
    const api = soundCluster();
    const report = await verify({ api, config, signal: never });
    expect(podsAndNamespaces(api)).toEqual([' Namespace/ai-production']);
    expect(report.leftBehind).toEqual([]);
  });
});

describe('a cluster that does not do what it should', () => {
  const CHECK_IDS = CHECKS.map(({ id }) => id);

  test('a webhook that does nothing fails the preflight, and only the steps that read are run', async () => {
    const api = soundCluster();
    const plain = fakeApi();
    api.create = (manifest, options) => plain.create(manifest, options);
    const { preflight, ...rest } = await statuses(api);
    expect(preflight).toBe('fail');
    const run = Object.entries(rest).filter(([, status]) => status !== 'not-run');
    expect(run).toEqual(CHECK_IDS.map((id) => [id, 'pass']));
  });

  test('where a part of the platform is missing nothing else is run', async () => {
    const api = soundCluster();
    api.objects.delete('node.k8s.io RuntimeClass/kata');
    const { preflight, ...rest } = await statuses(api);
    expect(preflight).toBe('fail');
    expect(new Set(Object.values(rest))).toEqual(new Set(['not-run']));
  });

  test('a RuntimeClass with another handler is reported', async () => {
    const api = soundCluster();
    api.put(object('node.k8s.io/v1', 'RuntimeClass/kata', { handler: 'runc' }));
    const step = await stepOf(api, 'preflight');
    expect(step).toMatchObject({
      status: 'fail',
      observed: `RuntimeClass/kata: has handler runc, not ${KATA_HANDLER}`,
    });
  });

  test('a webhook that follows another policy is reported', async () => {
    const api = soundCluster();
    api.put(
      object('v1', `ConfigMap/${NAMESPACES.gatekeeper}/${MUTATOR.policyConfigMap}`, {
        data: { 'policy.json': '{}' },
      }),
    );
    expect(await stepOf(api, 'preflight')).toMatchObject({
      status: 'fail',
      findings: [{ reason: 'the webhook of this cluster follows another policy' }],
    });
  });

  test('validation that admits everything fails the refusals', async () => {
    const api = soundCluster();
    const { create } = { create: api.create.bind(api) };
    const plain = fakeApi();
    api.create = (manifest, options) =>
      create(manifest, options).catch(() => plain.create(manifest, options));
    expect(await statuses(api)).toMatchObject({
      'label-kata': 'pass',
      'unlabelled-refused': 'fail',
      'mislabelled-refused': 'fail',
    });
  });

  test('a refusal with another message is not the one expected', async () => {
    const api = soundCluster();
    const { create } = { create: api.create.bind(api) };
    api.create = (manifest, options) =>
      create(manifest, options).catch(() => {
        throw new ApiError(403, 'Forbidden', 'exceeded quota');
      });
    expect(await statuses(api)).toMatchObject({ 'unlabelled-refused': 'fail' });
  });
});

describe('a refusal', () => {
  const refusal = (api: FakeApi) => stepOf(api, 'unlabelled-refused');
  const MESSAGE = 'Pod invalid-ai-test requires label secure-ai.io/runtime to use runtime kata';

  afterEach(() => refuseAs('validation.gatekeeper.sh'));

  test.each([
    [MUTATOR.webhookName, 'mutator', '(mutator; Gatekeeper alone refuses too)'],
    [
      'validation.gatekeeper.sh',
      'gatekeeper',
      '(Gatekeeper; Gatekeeper alone refuses too; the mutator alone refuses too)',
    ],
  ])('by %s names its layer', async (webhook, answeredBy, shown) => {
    refuseAs(webhook);
    expect(await refusal(soundCluster())).toMatchObject({
      status: 'pass',
      observed: `${MESSAGE} ${shown}`,
      evidence: {
        answeredBy,
        gatekeeperAlone: {
          allowed: false,
          message: `${MESSAGE}. Container ai-model needs it, and the label is none`,
        },
      },
    });
  });

  test('is judged by Gatekeeper alone on the very pod, through its Service', async () => {
    const api = soundCluster();
    const asked: unknown[] = [];
    const { postToService } = { postToService: api.postToService.bind(api) };
    api.postToService = (service, body) => {
      asked.push([service.name, service.port, service.path, valueAt(body, 'request', 'name')]);
      return postToService(service, body);
    };
    await refusal(api);
    expect(asked).toContainEqual([
      'gatekeeper-webhook-service',
      443,
      '/v1/admit',
      'invalid-ai-test',
    ]);
    expect(asked).toContainEqual([MUTATOR.name, 443, '/v1/mutate', 'invalid-ai-test']);
  });

  test.each([
    ['admits', { allowed: true }, 'Gatekeeper alone admits the pod'],
    [
      'refuses with another message',
      { allowed: false, status: { message: 'other' } },
      'Gatekeeper alone refuses with another message: other',
    ],
  ])('fails where Gatekeeper alone %s', async (_title, response, observed) => {
    const api = soundCluster();
    api.postToService = () => Promise.resolve({ response });
    expect(await refusal(api)).toMatchObject({
      status: 'fail',
      observed,
      findings: [{ reason: observed, fix: expect.any(String) as string }],
    });
  });

  test.each([
    ['cannot be reached', new ApiError(503, 'ServiceUnavailable', 'no endpoints'), 'no endpoints'],
    [
      'accepts only the API server',
      new ApiError(
        403,
        'Forbidden',
        'the client certificate is missing, not trusted, or of another name',
      ),
      'it accepts only the API server',
    ],
    [
      'may not be asked',
      new ApiError(403, 'Forbidden', 'cannot create resource "services/proxy"'),
      'cannot create resource "services/proxy"',
    ],
  ])('says so where a layer alone %s', async (_title, error, reason) => {
    const api = soundCluster();
    api.postToService = () => Promise.reject(error);
    expect(await refusal(api)).toMatchObject({
      status: 'pass',
      observed: expect.stringContaining(`Gatekeeper alone not asked: ${reason}`) as string,
      evidence: { gatekeeperAlone: `not asked: ${reason}`, mutatorAlone: `not asked: ${reason}` },
    });
  });
});

describe('proof of the runtime', () => {
  test.each([
    ['kata', 'a kernel of its own', '6.12.1\nLinux version 6.12.1', 'pass'],
    ['kata', 'the kernel of its node', '6.18.0\nLinux version 6.18.0', 'fail'],
    ['kata', 'gVisor instead', '4.19.0\n[0] Starting gVisor...', 'fail'],
    ['gvisor', 'gVisor', '4.19.0-gvisor\n[0] Starting gVisor...', 'pass'],
    ['gvisor', 'another kernel, not gVisor', '6.12.1\nLinux version 6.12.1', 'fail'],
    ['gvisor', 'nothing', '', 'fail'],
  ])('a %s pod that shows %s', async (runtime, _shows, output, status) => {
    const api = soundCluster();
    withNode(api, [KATA_HANDLER, 'runsc'], output);
    expect((await stepOf(api, `proof-${runtime}`))?.status).toBe(status);
  });

  test('a kernel of its own is no proof when the kubelet counts no sandbox of the handler', async () => {
    const api = soundCluster();
    withNode(api, [KATA_HANDLER], '6.12.1');
    api.kubeletMetrics = () =>
      Promise.resolve(
        `kubelet_run_podsandbox_duration_seconds_count{runtime_handler="${KATA_HANDLER}"} 3`,
      );
    expect(await stepOf(api, 'proof-kata')).toMatchObject({
      status: 'fail',
      evidence: { sandboxesStarted: 0 },
    });
  });

  test('a kubelet that may not be asked is said to be so, and the kernel decides', async () => {
    const api = soundCluster();
    withNode(api, [KATA_HANDLER], '6.12.1');
    api.kubeletMetrics = () => Promise.reject(new ApiError(403, 'Forbidden', 'nodes/proxy'));
    expect(await stepOf(api, 'proof-kata')).toMatchObject({
      status: 'pass',
      observed: expect.stringContaining('may not be read') as string,
      evidence: { sandboxesStarted: null },
    });
  });

  test.each([
    ['the kernel of its node', '6.18.0\nLinux version 6.18.0', 'pass'],
    ['another kernel', '6.12.1\nLinux version 6.12.1', 'fail'],
    ['gVisor', '6.18.0\n[0] Starting gVisor...', 'fail'],
    ['nothing', '', 'fail'],
  ])('the control pod that shows %s', async (_shows, output, status) => {
    const api = soundCluster();
    withNode(api, ['runc'], output);
    expect((await stepOf(api, 'control'))?.status).toBe(status);
  });

  test('a node without the handler is named as the reason', async () => {
    const api = soundCluster();
    withNode(api, ['runc'], '');
    expect(await stepOf(api, 'proof-kata')).toMatchObject({
      status: 'not-run',
      reason: expect.stringContaining(
        `none of 1 ready nodes offers handler ${KATA_HANDLER}`,
      ) as string,
    });
  });
});

test('steps the policy says nothing about are not run', async () => {
  const bare = defineSandbox({
    policy: { runtimes: policy.runtimes.map((runtime) => ({ ...runtime })) },
  });
  const api = soundCluster();
  api.put(
    object('v1', `ConfigMap/${NAMESPACES.gatekeeper}/${MUTATOR.policyConfigMap}`, {
      data: { 'policy.json': JSON.stringify(bare.policy) },
    }),
  );
  expect(await statuses(api, bare)).toMatchObject({
    'unlabelled-refused': 'not-run',
    'rule-pytorch': 'not-run',
    'rule-pytorch-split': 'not-run',
    'rule-scikit': 'not-run',
    'mislabelled-refused': 'not-run',
  });
});

describe('an audit that does not list the pod before the deadline', () => {
  beforeEach(() => {
    // A minute passes at every look at the clock.
    let now = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => (now += 60_000));
  });
  afterEach(() => jest.restoreAllMocks());

  test.each([
    ['fails where the list is complete', 0, 'fail'],
    ['is not run where the list is cut off', 30, 'not-run'],
  ])('%s', async (_title, totalViolations, status) => {
    const api = soundCluster();
    const { onRead } = api;
    api.onRead = (live) => {
      const seen = onRead(live);
      if (live.kind !== CONSTRAINT_KINDS.sandboxed) return seen;
      const cut = { ...(seen['status'] as object), violations: [], totalViolations };
      return { ...seen, status: cut };
    };
    expect((await stepOf(api, 'audit'))?.status).toBe(status);
  });
});

test('an interruption comes out as it is, after everything made is deleted', async () => {
  const controller = new AbortController();
  const reason = new Error('Ctrl-C');
  const api = soundCluster();
  api.onWrite = (write) => {
    if (write.startsWith('patch Namespace/')) controller.abort(reason);
  };
  await expect(verify({ api, config, signal: controller.signal })).rejects.toBe(reason);
  expect(podsAndNamespaces(api)).toEqual([' Namespace/ai-production']);
});

test('what cannot be deleted again is named', async () => {
  const api = soundCluster();
  api.onWrite = (write) => {
    if (write.startsWith('delete Namespace/')) throw new ApiError(403, 'Forbidden', 'no');
  };
  const { leftBehind } = await verify({ api, config, signal: never });
  expect(leftBehind).toEqual([expect.stringMatching(/^Namespace\/secure-ai-verify-/)]);
});

test('a pod older than the policy lives in a namespace that is enabled only after it', async () => {
  const api = soundCluster();
  await verify({ api, config, signal: never });
  const own = api.writes.filter((write) => write.includes('secure-ai-verify-'));
  expect(own.map((write) => write.replace(/secure-ai-verify-[0-9a-f]+/, 'ns'))).toEqual([
    'create Namespace/ns',
    'create Pod/ns/unsandboxed',
    'patch Namespace/ns',
    'delete Pod/ns/unsandboxed',
    'delete Namespace/ns',
  ]);
});

test('a server that does not answer is an error, not a failed step', async () => {
  const api = fakeApi();
  api.version = () => Promise.reject(new ApiError(0, 'Unreachable', 'no answer'));
  await expect(verify({ api, config, signal: never })).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
  });
});

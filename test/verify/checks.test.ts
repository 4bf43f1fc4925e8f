/** Every kind of tampering is one finding of one check, with its fix, and nothing else is. */
import { defineSandbox } from '../../constructs';
import { listAt, valueAt, type KubernetesObject } from '../../kubernetes/object';
import { ENABLED_LABEL, MUTATOR } from '../../base/names';
import { expectedObjects } from '../../verify/expected';
import { object, type FakeApi } from '../deploy/fake-api';
import { config, soundCluster } from './admission';
import { findingsOf } from './checks';

const MUTATING = `admissionregistration.k8s.io MutatingWebhookConfiguration/${MUTATOR.name}`;
const VALIDATING =
  'admissionregistration.k8s.io ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration';
const CONSTRAINT = 'constraints.gatekeeper.sh K8sSandboxedRuntime/enforce-sandbox';
const TEMPLATE = 'templates.gatekeeper.sh ConstraintTemplate/k8ssandboxedruntime';
const NAMESPACE = ' Namespace/ai-production';

type Change = (live: Record<string, unknown>) => object;

/** Replaces members of one object. */
const change = (key: string, of: Change) => (api: FakeApi) => {
  const live = api.objects.get(key);
  if (live === undefined) throw new Error(`no ${key}`);
  api.put({ ...live, ...of(live) });
};

const webhooks = (key: string, of: Change, index = 0) =>
  change(key, (live) => ({
    webhooks: listAt(live, 'webhooks').map((webhook, i) =>
      i === index ? { ...(webhook as object), ...of(webhook as Record<string, unknown>) } : webhook,
    ),
  }));

const spec = (key: string, of: Change) =>
  change(key, (live) => ({
    spec: { ...(live['spec'] as object), ...of(live['spec'] as Record<string, unknown>) },
  }));

const labels = (added: Record<string, string>) =>
  change(NAMESPACE, (live) => ({
    metadata: {
      ...(live['metadata'] as object),
      labels: { ...(valueAt(live, 'metadata', 'labels') as object), ...added },
    },
  }));

const put = (manifest: KubernetesObject) => (api: FakeApi) => api.put(manifest);

const withConfig = (processes: string[], excludedNamespaces: string[]) =>
  put(
    object('config.gatekeeper.sh/v1alpha1', 'Config/gatekeeper-system/config', {
      spec: { match: [{ processes, excludedNamespaces }] },
    }),
  );

const withArgs = (...args: string[]) =>
  put(
    object('apps/v1', 'Deployment/gatekeeper-system/gatekeeper-controller-manager', {
      spec: { template: { spec: { containers: [{ name: 'manager', args }] } } },
    }),
  );

const withPod = (of: Record<string, unknown>, metadata: object = {}) => {
  const pod = object('v1', 'Pod/ai-production/p');
  return put({
    ...pod,
    metadata: { ...pod.metadata, ...metadata },
    spec: { nodeName: 'n1', runtimeClassName: 'kata', ...of },
    status: { phase: 'Running' },
  });
};

const narrowed = { matchLabels: { [ENABLED_LABEL]: 'true', team: 'a' } };

test('the sound cluster has no finding', async () => {
  expect(await findingsOf(soundCluster(), config)).toEqual({});
});

describe('tampering', () => {
  test.each<[string, string, string, RegExp, (api: FakeApi) => void]>([
    [
      'mutator: gone',
      'webhook-mutator',
      'MutatingWebhookConfiguration/ai-runtime-mutator',
      /does not exist/,
      (api) => void api.objects.delete(MUTATING),
    ],
    [
      'mutator: selector narrowed',
      'webhook-mutator',
      'MutatingWebhookConfiguration/ai-runtime-mutator',
      /namespaceSelector leaves out enabled namespaces: ai-production, a-new-namespace$/,
      webhooks(MUTATING, () => ({ namespaceSelector: narrowed })),
    ],
    [
      'mutator: one namespace excluded',
      'webhook-mutator',
      'MutatingWebhookConfiguration/ai-runtime-mutator',
      /namespaceSelector leaves out enabled namespaces: ai-production$/,
      webhooks(MUTATING, () => ({
        namespaceSelector: {
          matchExpressions: [
            {
              key: 'kubernetes.io/metadata.name',
              operator: 'NotIn',
              values: ['ai-production'],
            },
          ],
        },
      })),
    ],
    ...(
      [
        ['objectSelector', { matchLabels: { a: 'b' } }, /objectSelector leaves out/],
        ['matchConditions', [{ name: 'n', expression: 'false' }], /matchConditions leave out/],
        ['failurePolicy', 'Ignore', /failurePolicy is "Ignore", not "Fail"/],
        ['reinvocationPolicy', 'Never', /reinvocationPolicy is "Never", not "IfNeeded"/],
        ['matchPolicy', 'Exact', /matchPolicy is "Exact", not "Equivalent"/],
        ['timeoutSeconds', 1, /timeoutSeconds is 1, not 3/],
        ['rules', [], /no rule covers CREATE pods/],
      ] as const
    ).map(([member, value, reason]): [string, string, string, RegExp, (api: FakeApi) => void] => [
      `mutator: ${member}`,
      'webhook-mutator',
      'MutatingWebhookConfiguration/ai-runtime-mutator',
      reason,
      webhooks(MUTATING, () => ({ [member]: value })),
    ]),
    [
      'mutator: another service',
      'webhook-mutator',
      'MutatingWebhookConfiguration/ai-runtime-mutator',
      /clientConfig.service is .*"other"/,
      webhooks(MUTATING, ({ clientConfig }) => ({
        clientConfig: {
          ...(clientConfig as object),
          service: { ...(valueAt(clientConfig, 'service') as object), name: 'other' },
        },
      })),
    ],
    [
      'Gatekeeper: gone',
      'webhook-gatekeeper',
      'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
      /does not exist/,
      (api) => void api.objects.delete(VALIDATING),
    ],
    [
      'Gatekeeper: check of the ignore label gone',
      'webhook-gatekeeper',
      'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
      /check-ignore-label.gatekeeper.sh: it does not exist/,
      change(VALIDATING, (live) => ({ webhooks: listAt(live, 'webhooks').slice(0, 1) })),
    ],
    [
      'Gatekeeper: fails open',
      'webhook-gatekeeper',
      'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
      /failurePolicy is "Ignore"/,
      webhooks(VALIDATING, () => ({ failurePolicy: 'Ignore' })),
    ],
    [
      'Gatekeeper: no CA',
      'webhook-gatekeeper',
      'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
      /caBundle is missing/,
      webhooks(VALIDATING, ({ clientConfig }) => ({
        clientConfig: { ...(clientConfig as object), caBundle: '' },
      })),
    ],
    [
      'constraint: dryrun',
      'constraints',
      'K8sSandboxedRuntime/enforce-sandbox',
      /^spec.enforcementAction is "dryrun", not "deny"$/,
      spec(CONSTRAINT, () => ({ enforcementAction: 'dryrun' })),
    ],
    [
      'constraint: namespaces excluded',
      'constraints',
      'K8sSandboxedRuntime/enforce-sandbox',
      /^spec.match.excludedNamespaces is \["ai-production"\]/,
      spec(CONSTRAINT, ({ match }) => ({
        match: { ...(match as object), excludedNamespaces: ['ai-production'] },
      })),
    ],
    [
      'constraint: another parameter',
      'constraints',
      'K8sSandboxedRuntime/enforce-sandbox',
      /^spec.parameters.labelKey is "x"/,
      spec(CONSTRAINT, ({ parameters }) => ({
        parameters: { ...(parameters as object), labelKey: 'x' },
      })),
    ],
    [
      'constraint: gone',
      'constraints',
      'K8sSandboxedRuntime/enforce-sandbox',
      /does not exist/,
      (api) => void api.objects.delete(CONSTRAINT),
    ],
    [
      'template: other Rego',
      'constraints',
      'ConstraintTemplate/k8ssandboxedruntime',
      /^spec.targets is /,
      spec(TEMPLATE, () => ({ targets: [] })),
    ],
    [
      'ignore label, whatever its value',
      'exemptions',
      'Namespace/ai-production',
      /admission.gatekeeper.sh\/ignore/,
      labels({ 'admission.gatekeeper.sh/ignore': 'false' }),
    ],
    ...['ai-production', 'ai-*', '*-production', '*prod*'].map(
      (pattern): [string, string, string, RegExp, (api: FakeApi) => void] => [
        `Config excludes ${pattern}`,
        'exemptions',
        'Config/gatekeeper-system/config',
        /exempts namespace ai-production from/,
        withConfig(['webhook'], [pattern]),
      ],
    ),
    ...['=ai-production', '-prefix=ai-', '-suffix=production'].map(
      (flag): [string, string, string, RegExp, (api: FakeApi) => void] => [
        `flag --exempt-namespace${flag}`,
        'exemptions',
        'Deployment/gatekeeper-system/gatekeeper-controller-manager',
        /lets namespace ai-production exempt itself/,
        withArgs(`--exempt-namespace${flag}`),
      ],
    ),
    ...['True', 'false', ''].map(
      (value): [string, string, string, RegExp, (api: FakeApi) => void] => [
        `label "${value}"`,
        'namespaces',
        'Namespace/ai-production',
        /enables nothing/,
        labels({ [ENABLED_LABEL]: value }),
      ],
    ),
    [
      'Pod Security privileged',
      'namespaces',
      'Namespace/ai-production',
      /enforce is privileged/,
      labels({ 'pod-security.kubernetes.io/enforce': 'privileged' }),
    ],
    [
      'no Pod Security',
      'namespaces',
      'Namespace/open',
      /no label pod-security.kubernetes.io\/enforce/,
      put({
        ...object('v1', 'Namespace/open'),
        metadata: { name: 'open', labels: { [ENABLED_LABEL]: 'true' } },
      }),
    ],
    [
      'an exempt namespace is labelled',
      'namespaces',
      'Namespace/kube-system',
      /has no effect here/,
      put({
        ...object('v1', 'Namespace/kube-system'),
        metadata: { name: 'kube-system', labels: { [ENABLED_LABEL]: 'true' } },
      }),
    ],
    ...(
      [
        ['hostPath', { volumes: [{ hostPath: { path: '/etc' } }] }, {}, /mounts \/etc of its node/],
        ['hostNetwork', { hostNetwork: true }, {}, /shares the network of its node/],
        ['hostPID', { hostPID: true }, {}, /shares the processes of its node/],
        ['hostIPC', { hostIPC: true }, {}, /shares the memory of its node/],
        ...['initContainers', 'containers', 'ephemeralContainers'].map(
          (list) =>
            [
              `privileged in ${list}`,
              { [list]: [{ name: 'c', securityContext: { privileged: true } }] },
              {},
              /runs c privileged/,
            ] as const,
        ),
        [
          'Kata annotation',
          {},
          { annotations: { 'io.katacontainers.config.runtime.x': '1' } },
          /sets annotation io.katacontainers.config.runtime.x/,
        ],
        [
          'gVisor annotation',
          {},
          { annotations: { 'dev.gvisor.spec.x': '1' } },
          /sets annotation dev.gvisor/,
        ],
        ['no class', { runtimeClassName: undefined }, {}, /has no runtimeClassName/],
        ['unknown class', { runtimeClassName: 'runc' }, {}, /runtimeClassName runc/],
      ] as const
    ).map(
      ([title, of, metadata, reason]): [string, string, string, RegExp, (api: FakeApi) => void] => [
        `pod: ${title}`,
        'hollow-pods',
        'Pod/ai-production/p',
        reason,
        withPod(of, metadata),
      ],
    ),
  ])('%s', async (...row) => {
    const [, step, path, reason, tamper] = row;
    const api = soundCluster();
    tamper(api);
    expect(await findingsOf(api, config)).toEqual({
      [step]: [
        {
          path,
          reason: expect.stringMatching(reason) as string,
          fix: expect.stringMatching(/\w/) as string,
        },
      ],
    });
  });
});

test('what is wrong in a namespace that is not turned on is reported only for its label', async () => {
  const api = soundCluster();
  labels({ [ENABLED_LABEL]: 'True', 'admission.gatekeeper.sh/ignore': 'yes' })(api);
  withPod({ hostNetwork: true })(api);
  expect(Object.keys(await findingsOf(api, config))).toEqual(['namespaces']);
});

describe('no finding is', () => {
  test.each<[string, (api: FakeApi) => void]>([
    [
      'a requirement that every enabled namespace meets, as AKS adds it',
      webhooks(MUTATING, ({ namespaceSelector }) => ({
        namespaceSelector: {
          matchLabels: valueAt(namespaceSelector, 'matchLabels'),
          matchExpressions: [{ key: 'control-plane', operator: 'DoesNotExist' }],
        },
      })),
    ],
    [
      'a webhook that covers more',
      webhooks(VALIDATING, () => ({
        namespaceSelector: {},
        rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }],
      })),
    ],
    ['a Config that excludes others', withConfig(['*'], ['kube-*', 'ai-prod'])],
    ['a Config of other processes', withConfig(['sync', 'mutation-webhook'], ['ai-production'])],
    ['a flag for others', withArgs('--exempt-namespace=gatekeeper-system', '--port=8443')],
    ['a pod of a known class', withPod({})],
    [
      'a pod that has ended',
      (api) => {
        withPod({ hostNetwork: true })(api);
        change(' Pod/ai-production/p', () => ({ status: { phase: 'Failed' } }))(api);
      },
    ],
    ['a pod on no node', withPod({ hostNetwork: true, nodeName: undefined })],
    [
      'a namespace that is being deleted',
      put({
        ...object('v1', 'Namespace/going'),
        metadata: { name: 'going', labels: { [ENABLED_LABEL]: 'True' }, deletionTimestamp: 'now' },
      }),
    ],
  ])('%s', async (_title, tamper) => {
    const api = soundCluster();
    tamper(api);
    expect(await findingsOf(api, config)).toEqual({});
  });

  test('failurePolicy Ignore where the settings choose it, nor Fail all the same', async () => {
    const open = defineSandbox({ policy: INPUT, webhook: { failurePolicy: 'Ignore' } });
    const api = soundCluster();
    expect(await findingsOf(api, open)).toEqual({});
    webhooks(MUTATING, () => ({ failurePolicy: 'Ignore' }))(api);
    expect(await findingsOf(api, open)).toEqual({});
  });

  test('a pod without class where the policy leaves those alone', async () => {
    const open = defineSandbox({ policy: { ...INPUT, unlabelled: 'ignore' } });
    const api = soundCluster();
    for (const constraint of expectedObjects(open).constraints) api.put(constraint);
    withPod({ runtimeClassName: undefined })(api);
    expect(await findingsOf(api, open)).toEqual({});
  });
});

const { policy } = config;
const INPUT = structuredClone({
  runtimes: policy.runtimes,
  rules: policy.rules,
  required: policy.required,
}) as never as Parameters<typeof defineSandbox>[0]['policy'];

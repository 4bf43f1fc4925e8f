import { listAt, stringAt, valueAt } from '../../kubernetes/object';
import type { z } from 'zod';
import {
  CertificateRotator,
  defaultFailurePolicy,
  Mutator,
  MutatorRegistration,
  webhookSchema,
} from '../../constructs/webhook';
import { definePolicy, parsePolicy } from '../../policy/model/define';
import { parseRuntimeClasses } from '../../policy/model/runtime-class';
import { VERSIONS } from '../../base/versions';
import { makeAuthority } from '../fixtures/certificates';
import { chartWith, expectManifest, manifest, manifests } from './expect-manifest';

const bundles = {
  webhook: 'webhook source',
  rotator: 'rotator source',
  installer: 'installer source',
};
const policy = definePolicy({
  runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
});

const RUNTIME_CLASSES = [
  {
    name: 'gvisor',
    overhead: { memory: '128Mi' },
    nodeSelector: { gvisor: 'true' },
    tolerations: [],
  },
];

const parse = (input: z.input<typeof webhookSchema>) => ({
  failurePolicy: defaultFailurePolicy(policy),
  ...webhookSchema.parse(input),
});

const mutator = (input: z.input<typeof webhookSchema> = {}, sources = bundles) =>
  chartWith(
    (scope) =>
      new Mutator(scope, 'Mutator', {
        policy,
        runtimeClasses: RUNTIME_CLASSES,
        webhook: parse(input),
        bundles: sources,
      }),
  );
const rotator = (input: z.input<typeof webhookSchema> = {}) =>
  chartWith(
    (scope) => new CertificateRotator(scope, 'Rotator', { webhook: parse(input), bundles }),
  );
const registration = (input: z.input<typeof webhookSchema> = {}) =>
  chartWith((scope) => new MutatorRegistration(scope, 'Registration', parse(input)));

const codeMaps = (chart: ReturnType<typeof mutator>) =>
  manifests(chart).filter(({ kind, immutable }) => kind === 'ConfigMap' && immutable === true);

const NAME = 'ai-runtime-mutator';
const ROTATOR = 'ai-runtime-mutator-cert-rotator';

describe('the mutator', () => {
  test('its Deployment by default', () => {
    expect(manifest(mutator(), 'Deployment', NAME)).toMatchSnapshot();
  });

  test('a rollout starts the new pod before it ends the old one', () => {
    expectManifest(mutator()).toHave('Deployment', NAME, {
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      },
    });
  });

  test('an ending pod has ten seconds more than it needs to drain', () => {
    const { spec } = manifest(mutator(), 'Deployment', NAME);
    const pod = spec?.template?.spec as unknown as {
      terminationGracePeriodSeconds: number;
      containers: [{ args: string[] }];
    };
    const flag = pod.containers[0].args.find((arg) => arg.startsWith('--drain-seconds='));
    const drainSeconds = Number(flag?.split('=')[1]);
    expect(drainSeconds).toBeGreaterThanOrEqual(10);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + 10);
  });

  test('it can do nothing in the cluster and call nobody', () => {
    const chart = mutator();
    expectManifest(chart).toHave('Deployment', NAME, {
      spec: {
        template: { spec: { automountServiceAccountToken: false, serviceAccountName: NAME } },
      },
    });
    expectManifest(chart).toHave('NetworkPolicy', NAME, {
      spec: { policyTypes: ['Ingress', 'Egress'] },
    });
    expect(manifest(chart, 'NetworkPolicy', NAME).spec).not.toHaveProperty('egress');
    expect(manifests(chart).filter(({ kind }) => /Role|Binding/.test(kind))).toEqual([]);
  });

  test('draining a node takes one pod at a time, and never waits for a broken one', () => {
    expectManifest(mutator()).toHave('PodDisruptionBudget', NAME, {
      spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    });
  });

  test('its Service sends calls to ready pods only', () => {
    expectManifest(mutator()).toHave('Service', NAME, {
      spec: {
        publishNotReadyAddresses: false,
        ports: [{ port: 443, targetPort: 'webhook' }],
        selector: { 'app.kubernetes.io/name': NAME },
      },
    });
  });

  test('it reads the policy from a ConfigMap that may change', () => {
    const { data, ...rest } = manifest(mutator(), 'ConfigMap', `${NAME}-policy`);
    expect(parsePolicy(JSON.parse(data?.['policy.json'] ?? ''))).toEqual(policy);
    expect(rest).not.toHaveProperty('immutable');
  });

  test('it reads the RuntimeClasses from the same ConfigMap', () => {
    const { data } = manifest(mutator(), 'ConfigMap', `${NAME}-policy`);
    const file = JSON.parse(data?.['runtime-classes.json'] ?? '') as unknown;
    expect(parseRuntimeClasses(file)).toEqual(RUNTIME_CLASSES);
    const { spec } = manifest(mutator(), 'Deployment', NAME);
    const [container] = listAt(spec, 'template', 'spec', 'containers');
    expect(listAt(container, 'args')).toContain(
      '--runtime-classes-file=/etc/mutator/policy/runtime-classes.json',
    );
  });

  test('its code is immutable, and other code has another name', () => {
    const [code] = codeMaps(mutator());
    const [changed] = codeMaps(mutator({}, { ...bundles, webhook: 'changed' }));
    expect(code?.data).toEqual({ 'webhook.js': bundles.webhook });
    expect(code?.metadata.name).toMatch(/^ai-runtime-mutator-code-[0-9a-f]{10}$/);
    expect(changed?.metadata.name).not.toBe(code?.metadata.name);
    expect(manifest(mutator(), 'Deployment', NAME)).toHaveProperty(
      ['spec', 'template', 'spec', 'volumes', 0],
      { name: 'code', configMap: { name: code?.metadata.name } },
    );
  });

  test('the official Node image is named by exact version, and by digest where one is given', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const image = (chart: ReturnType<typeof mutator>) =>
      manifest(chart, 'Deployment', NAME).spec?.template?.spec?.containers?.[0]?.image;
    expect(image(mutator())).toBe(`docker.io/library/node:${VERSIONS.nodeImage}`);
    expect(image(mutator({ nodeImageDigest: digest }))).toBe(
      `docker.io/library/node:${VERSIONS.nodeImage}@${digest}`,
    );
  });

  test('an image of your own brings its code along', () => {
    const image = 'registry.example.org/mutator:1.2.3';
    expect(codeMaps(mutator({ image }))).toEqual([]);
    expectManifest(mutator({ image })).toHave('Deployment', NAME, {
      spec: {
        template: { spec: { containers: [{ image, command: ['node', '/app/webhook.js'] }] } },
      },
    });
  });

  test('its certificate is readable for its group alone', () => {
    const { spec } = manifest(mutator(), 'Deployment', NAME);
    expect(spec).toMatchObject({
      template: {
        spec: {
          securityContext: { fsGroup: 1000 },
          volumes: expect.arrayContaining([
            { name: 'cert', secret: { secretName: `${NAME}-cert`, defaultMode: 0o440 } },
          ]) as unknown,
        },
      },
    });
  });
});

describe('client certificates', () => {
  let ca: string;
  beforeAll(async () => {
    ca = (await makeAuthority()).certificate;
  });

  const volume = (chart: ReturnType<typeof mutator>) =>
    listAt(manifest(chart, 'Deployment', NAME), 'spec', 'template', 'spec', 'volumes').find(
      (volume) => stringAt(volume, 'name') === 'client-ca',
    );

  test('are off by default', () => {
    expect(JSON.stringify(manifests(mutator()))).not.toContain('client-');
  });

  test('a CA in the settings becomes a ConfigMap, which the mutator checks clients against', () => {
    const chart = mutator({ clientCertificates: { ca, commonName: 'kube-apiserver' } });
    expect(manifest(chart, 'ConfigMap', `${NAME}-client-ca`).data).toEqual({ 'ca.crt': ca });
    expect(volume(chart)).toEqual({
      name: 'client-ca',
      configMap: { name: `${NAME}-client-ca` },
    });
    expect(manifest(chart, 'Deployment', NAME).spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              args: expect.arrayContaining([
                '--client-ca-file=/etc/mutator/client-ca/ca.crt',
                '--client-name=kube-apiserver',
              ]) as unknown,
              volumeMounts: expect.arrayContaining([
                { name: 'client-ca', mountPath: '/etc/mutator/client-ca', readOnly: true },
              ]) as unknown,
            },
          ],
        },
      },
    });
  });

  test('a CA that is in the cluster is mounted, and must be there', () => {
    expect(volume(mutator({ clientCertificates: { ca: { secret: { name: 's' } } } }))).toEqual({
      name: 'client-ca',
      secret: { secretName: 's', items: [{ key: 'ca.crt', path: 'ca.crt' }], defaultMode: 0o440 },
    });
    const configMap = { name: 'c', key: 'bundle.pem' };
    expect(volume(mutator({ clientCertificates: { ca: { configMap } } }))).toEqual({
      name: 'client-ca',
      configMap: { name: 'c', items: [{ key: 'bundle.pem', path: 'ca.crt' }] },
    });
  });

  test.each([
    ['nothing', ''],
    ['a word', 'ca.crt'],
    ['what only looks like PEM', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['a source of no kind', {}],
    ['a name that is empty', { secret: { name: '' } }],
  ])('%s is no CA', (_, value) => {
    expect(() => parse({ clientCertificates: { ca: value as string } })).toThrow();
  });

  test('a key beside the certificate is refused, so that none gets into a ConfigMap', async () => {
    const { certificate, key } = await makeAuthority();
    expect(() => parse({ clientCertificates: { ca: `${certificate}\n${key}` } })).toThrow();
    expect(parse({ clientCertificates: { ca: `${certificate}\n${ca}` } })).toMatchObject({});
  });
});

describe('ports', () => {
  test.each([
    ['the mutator', () => mutator(), NAME, [8443, 9090, 9091]],
    ['the rotator', () => rotator(), ROTATOR, [9090, 9091]],
  ] as const)(
    'of %s: probes ask the one for health, and all can be reached',
    (_, make, name, ports) => {
      const chart = make();
      const deployment = manifest(chart, 'Deployment', name);
      const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
      expect(listAt(container, 'ports').map((port) => valueAt(port, 'containerPort'))).toEqual(
        ports,
      );
      for (const probe of ['livenessProbe', 'readinessProbe'])
        expect(valueAt(container, probe)).toMatchObject({ httpGet: { port: 'health' } });
      expect(manifest(chart, 'NetworkPolicy', name).spec).toHaveProperty('ingress', [
        { ports: ports.map((port) => ({ protocol: 'TCP', port })) },
      ]);
    },
  );
});

describe('the certificate rotator', () => {
  test('its Deployment by default', () => {
    expect(manifest(rotator(), 'Deployment', ROTATOR)).toMatchSnapshot();
  });

  test('every permission it has names the objects it is for', () => {
    const roles = manifests(rotator()).filter(
      ({ kind }) => kind === 'Role' || kind === 'ClusterRole',
    );
    const rules = roles.flatMap(
      ({ rules }) => rules as { resources: string[]; resourceNames?: string[] }[],
    );
    expect(rules.map(({ resources, resourceNames }) => [resources, resourceNames])).toEqual([
      [['secrets'], [`${NAME}-cert`, `${NAME}-cert-ca`]],
      [['mutatingwebhookconfigurations'], [NAME]],
    ]);
  });

  test('it calls nothing but the ports of the API server', () => {
    const { spec } = manifest(rotator({ apiServerPorts: [16443] }), 'NetworkPolicy', ROTATOR);
    expect(spec).toHaveProperty('egress', [{ ports: [{ protocol: 'TCP', port: 16443 }] }]);
  });
});

describe('the registration', () => {
  test('by default', () => {
    expect(manifests(registration())).toMatchSnapshot();
  });

  test('leaves caBundle to the rotator', () => {
    expect(JSON.stringify(manifests(registration()))).not.toContain('caBundle');
  });

  test('asks about created pods of enabled namespaces, never of those the cluster needs', () => {
    expectManifest(registration()).toHave('MutatingWebhookConfiguration', NAME, {
      webhooks: [
        {
          rules: [{ operations: ['CREATE'], resources: ['pods'] }],
          namespaceSelector: {
            matchLabels: { 'secure-ai.io/sandbox-enabled': 'true' },
            matchExpressions: [
              {
                key: 'kubernetes.io/metadata.name',
                operator: 'NotIn',
                values: ['kube-system', 'gatekeeper-system', 'kata-system', 'gvisor-system'],
              },
            ],
          },
        },
      ],
    });
  });

  test('fails closed by default', () => {
    expectManifest(registration()).toHave('MutatingWebhookConfiguration', NAME, {
      webhooks: [{ failurePolicy: 'Fail', timeoutSeconds: 3 }],
    });
    expectManifest(registration({ failurePolicy: 'Ignore' })).toHave(
      'MutatingWebhookConfiguration',
      NAME,
      {
        webhooks: [{ failurePolicy: 'Ignore' }],
      },
    );
  });
});

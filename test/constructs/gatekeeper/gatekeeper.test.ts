import { ApiObject } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-27';
import type { IConstruct } from 'constructs';
import type { GatekeeperProps } from '../../../constructs/gatekeeper';
import { SandboxError } from '../../../base/errors';
import { byIdentity, gatekeeper, type Manifest, synthesize } from './manifests';

const CONTROLLER = 'Deployment/gatekeeper-controller-manager';
const AUDIT = 'Deployment/gatekeeper-audit';
const DISRUPTION_BUDGET = 'PodDisruptionBudget/gatekeeper-controller-manager';
const ROLE = 'ClusterRole/gatekeeper-manager-role';
const MUTATING = 'MutatingWebhookConfiguration/gatekeeper-mutating-webhook-configuration';
const VALIDATING = 'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration';

/** What the props change: objects that differ from the default, by identity; undefined where one is gone. */
function changed(props: GatekeeperProps): Map<string, unknown> {
  const before = byIdentity(synthesize());
  const after = byIdentity(synthesize(props));
  expect([...after.keys()].filter((id) => !before.has(id))).toEqual([]);
  return new Map(
    [...before]
      .filter(([id, manifest]) => JSON.stringify(manifest) !== JSON.stringify(after.get(id)))
      .map(([id]) => [id, after.get(id)]),
  );
}

interface Container {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly args: readonly string[];
  readonly resources: unknown;
}

interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: readonly [Container] } };
  };
}

function container(deployment: unknown): Container {
  return (deployment as Deployment).spec.template.spec.containers[0];
}

function webhooks(configuration: unknown): readonly k8s.ValidatingWebhook[] {
  return (configuration as { webhooks: readonly k8s.ValidatingWebhook[] }).webhooks;
}

describe('a prop changes what it names and nothing else', () => {
  test('image: both Deployments', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const result = changed({
      image: { repository: 'mirror.example/gatekeeper', digest, pullPolicy: 'IfNotPresent' },
    });
    expect([...result.keys()]).toEqual([CONTROLLER, AUDIT]);
    for (const deployment of result.values()) {
      expect(container(deployment)).toMatchObject({
        image: `mirror.example/gatekeeper:v3.23.1@${digest}`,
        imagePullPolicy: 'IfNotPresent',
      });
    }
  });

  test('controller.replicas', () => {
    const result = changed({ controller: { replicas: 5 } });
    expect([...result.keys()]).toEqual([CONTROLLER]);
    expect((result.get(CONTROLLER) as Deployment).spec.replicas).toBe(5);
  });

  it.each(['controller', 'audit'] as const)('%s.resources: that Deployment', (part) => {
    const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } };
    const result = changed({ [part]: { resources } });
    const id = part === 'audit' ? AUDIT : CONTROLLER;
    expect([...result.keys()]).toEqual([id]);
    expect(container(result.get(id)).resources).toEqual(resources);
  });

  test('podDisruptionBudget.minAvailable', () => {
    const result = changed({ podDisruptionBudget: { minAvailable: 2 } });
    expect([...result.keys()]).toEqual([DISRUPTION_BUDGET]);
    expect(result.get(DISRUPTION_BUDGET)).toMatchObject({ spec: { minAvailable: 2 } });
  });

  test('validation.failurePolicy and timeoutSeconds: the first webhook of its configuration', () => {
    const result = changed({ validation: { failurePolicy: 'Fail', timeoutSeconds: 5 } });
    expect([...result.keys()]).toEqual([VALIDATING]);
    expect(webhooks(result.get(VALIDATING))).toMatchObject([
      { name: 'validation.gatekeeper.sh', failurePolicy: 'Fail', timeoutSeconds: 5 },
      { name: 'check-ignore-label.gatekeeper.sh', failurePolicy: 'Fail', timeoutSeconds: 3 },
    ]);
  });

  test('ignoreLabelCheck: the second webhook', () => {
    const requirement = { key: 'tier', operator: 'Exists' } as const;
    const result = changed({
      ignoreLabelCheck: { failurePolicy: 'Ignore', namespaceSelector: [requirement] },
    });
    expect([...result.keys()]).toEqual([VALIDATING]);
    const [validation, check] = webhooks(result.get(VALIDATING));
    expect(validation?.namespaceSelector?.matchExpressions).not.toContainEqual(requirement);
    expect(check?.failurePolicy).toBe('Ignore');
    expect(check?.namespaceSelector?.matchExpressions).toContainEqual(requirement);
  });

  test('ignoreLabelCheck.subresources and matchConditions: the second webhook', () => {
    const condition = { name: 'is-enabled', expression: 'true' };
    const result = changed({
      ignoreLabelCheck: { subresources: true, matchConditions: [condition] },
    });
    expect([...result.keys()]).toEqual([VALIDATING]);
    const [validation, check] = webhooks(result.get(VALIDATING));
    expect(validation).not.toHaveProperty('matchConditions');
    expect(check?.matchConditions).toEqual([condition]);
    expect(check?.rules).toMatchObject([
      { resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'] },
    ]);
  });

  test.each([
    ['namespaced', ['*'], expect.arrayContaining(['*', 'pods/exec']) as string[]],
    ['pods', [''], ['pods', 'pods/ephemeralcontainers', 'pods/resize']],
  ] as const)(
    'validation.objects %s: these in namespaces, and of cluster-scoped objects what Gatekeeper validates for itself',
    (objects, apiGroups, resources) => {
      const result = changed({ validation: { objects } });
      expect([...result.keys()]).toEqual([VALIDATING]);
      const operations = ['CREATE', 'UPDATE'];
      const rule = { apiVersions: ['*'], operations };
      expect(webhooks(result.get(VALIDATING))[0]?.rules).toEqual([
        { ...rule, apiGroups, resources, scope: 'Namespaced' },
        {
          ...rule,
          apiGroups: [
            'constraints.gatekeeper.sh',
            'expansion.gatekeeper.sh',
            'externaldata.gatekeeper.sh',
            'mutations.gatekeeper.sh',
            'templates.gatekeeper.sh',
          ],
          resources: ['*'],
          scope: 'Cluster',
        },
      ]);
    },
  );

  test('mutation.failurePolicy: the mutating webhook', () => {
    const result = changed({ mutation: { failurePolicy: 'Fail', timeoutSeconds: 2 } });
    expect([...result.keys()]).toEqual([MUTATING]);
    expect(webhooks(result.get(MUTATING))).toMatchObject([
      { failurePolicy: 'Fail', timeoutSeconds: 2 },
    ]);
  });

  test('mutation.enabled false: no mutating webhook, no mutation operations, no rights that serve them', () => {
    const result = changed({ mutation: { enabled: false } });
    expect([...result.keys()].sort()).toEqual([ROLE, AUDIT, CONTROLLER, MUTATING]);
    const mayWrite = (role: unknown, what: string) =>
      (role as { rules: readonly k8s.PolicyRule[] }).rules.filter(
        ({ apiGroups, resources, verbs }) =>
          [...(apiGroups ?? []), ...(resources ?? [])].includes(what) && verbs.includes('update'),
      ).length;
    for (const what of ['mutations.gatekeeper.sh', 'mutatingwebhookconfigurations']) {
      expect(mayWrite(byIdentity(synthesize()).get(ROLE), what)).toBe(1);
      expect(mayWrite(result.get(ROLE), what)).toBe(0);
    }
    // What keeps the certificate of the validating webhook stays.
    expect(mayWrite(result.get(ROLE), 'validatingwebhookconfigurations')).toBe(1);
    expect(result.get(MUTATING)).toBeUndefined();
    expect(container(result.get(CONTROLLER)).args).not.toContain('--operation=mutation-webhook');
    expect(container(result.get(AUDIT)).args).not.toContain('--operation=mutation-status');
    expect(
      gatekeeper({ mutation: { enabled: false } }).construct.webhookConfigurations.map(
        ({ kind }) => kind,
      ),
    ).toEqual(['ValidatingWebhookConfiguration']);
  });
});

describe('a prop that is a flag adds that flag and no other', () => {
  function added(props: GatekeeperProps): Record<string, readonly string[]> {
    const before = byIdentity(synthesize());
    return Object.fromEntries(
      [...changed(props)].map(([id, manifest]) => {
        const known = new Set(container(before.get(id)).args);
        return [id, container(manifest).args.filter((arg) => !known.has(arg))];
      }),
    );
  }

  it.each<[GatekeeperProps, Record<string, string[]>]>([
    [
      { logLevel: 'DEBUG' },
      { [CONTROLLER]: ['--log-level=DEBUG'], [AUDIT]: ['--log-level=DEBUG'] },
    ],
    [{ audit: { intervalSeconds: 0 } }, { [AUDIT]: ['--audit-interval=0'] }],
    [
      { audit: { constraintViolationsLimit: 500 } },
      { [AUDIT]: ['--constraint-violations-limit=500'] },
    ],
    [{ audit: { extraArgs: ['--audit-chunk-size=100'] } }, { [AUDIT]: ['--audit-chunk-size=100'] }],
    [{ controller: { extraArgs: ['--log-denies'] } }, { [CONTROLLER]: ['--log-denies'] }],
    [
      { exemptNamespaces: ['kube-system'] },
      {
        [CONTROLLER]: ['--exempt-namespace=kube-system'],
        [AUDIT]: ['--exempt-namespace=kube-system'],
      },
    ],
    [
      { disabledBuiltins: ['http.send'] },
      {
        [CONTROLLER]: ['--disable-opa-builtin=http.send'],
        [AUDIT]: ['--disable-opa-builtin=http.send'],
      },
    ],
  ])('%j', (props, flags) => {
    expect(added(props)).toEqual(flags);
  });

  test('its default adds none', () => {
    expect(changed({ logLevel: 'INFO', audit: { intervalSeconds: 60 } }).size).toBe(0);
  });
});

describe('order of deployment', () => {
  const { construct } = gatekeeper();
  const [controller, audit] = construct.deployments as [ApiObject, ApiObject];

  /** Everything that is applied, and ready, before `object`. */
  function earlierThan(object: IConstruct, found = new Set<IConstruct>()): Set<IConstruct> {
    for (const dependency of object.node.dependencies) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      earlierThan(dependency, found);
    }
    return found;
  }

  test('everything in the namespace comes after it', () => {
    const namespaced = construct.node
      .findAll()
      .filter((object) => object instanceof ApiObject)
      .filter(({ metadata }) => metadata.namespace !== undefined);
    expect(namespaced.length).toBe(9);
    for (const object of namespaced) {
      expect(earlierThan(object)).toContain(construct.namespace);
    }
  });

  test('the controller comes after all that it needs to start', () => {
    const earlier = [...earlierThan(controller)] as ApiObject[];
    expect(earlier).toEqual(expect.arrayContaining([...construct.crds, construct.service]));
    expect(earlier.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'ServiceAccount',
        'Role',
        'ClusterRole',
        'RoleBinding',
        'ClusterRoleBinding',
        'Secret',
        'ResourceQuota',
      ]),
    );
    expect(earlier).not.toContain(audit);
  });

  test('the audit comes after the controller, which writes the certificate it opens at start', () => {
    expect(earlierThan(audit)).toContain(controller);
  });

  test('the webhook configurations come last, and nothing waits for them', () => {
    for (const configuration of construct.webhookConfigurations) {
      expect(earlierThan(configuration)).toContain(audit);
    }
    const needed = new Set(construct.node.findAll().flatMap((object) => [...earlierThan(object)]));
    expect(construct.webhookConfigurations.filter((object) => needed.has(object))).toEqual([]);
  });
});

test('wrong props are refused by the construct', () => {
  expect(() => gatekeeper({ controller: { replicas: 0 } })).toThrow(SandboxError);
});

test('no webhook configuration has a caBundle, which the certificate rotator owns', () => {
  const members = synthesize()
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .flatMap((configuration) => webhooks(configuration))
    .map(({ clientConfig }) => Object.keys(clientConfig));
  expect(members).toEqual([['service'], ['service'], ['service']]);
});

test('the same props give the same bytes', () => {
  expect(JSON.stringify(synthesize())).toBe(JSON.stringify(synthesize()));
});

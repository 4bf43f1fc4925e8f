import type { k8s } from 'cdk8s-plus-27';
import { gatekeeperSchema, SANDBOX_GATEKEEPER } from '../../../constructs/gatekeeper';
import { ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../../base/names';
import { byIdentity, type Manifest, synthesize } from './manifests';
import { officialRelease } from './official-release';

interface WebhookConfiguration extends Manifest {
  readonly webhooks: readonly k8s.ValidatingWebhook[];
}

function failingClosed(): readonly k8s.ValidatingWebhook[] {
  return synthesize(SANDBOX_GATEKEEPER)
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .flatMap((configuration) => (configuration as WebhookConfiguration).webhooks)
    .filter(({ failurePolicy }) => failurePolicy === 'Fail');
}

describe('SANDBOX_GATEKEEPER', () => {
  test('is valid', () => {
    expect(gatekeeperSchema.safeParse(SANDBOX_GATEKEEPER).success).toBe(true);
  });

  test('fails closed where constraints and the ignore label are judged', () => {
    expect(failingClosed().map(({ name }) => name)).toEqual([
      'validation.gatekeeper.sh',
      'check-ignore-label.gatekeeper.sh',
    ]);
  });

  test('fails closed only in namespaces that turned the platform on and are not exempt', () => {
    const [validation, check] = failingClosed();
    const notExempt = {
      key: 'kubernetes.io/metadata.name',
      operator: 'NotIn',
      values: EXEMPT_NAMESPACES,
    };
    expect(validation?.namespaceSelector?.matchExpressions).toEqual(
      expect.arrayContaining([notExempt, { key: ENABLED_LABEL, operator: 'In', values: ['true'] }]),
    );
    // A request to a subresource would be selected by the labels from before it.
    expect(check?.namespaceSelector?.matchExpressions).toContainEqual(notExempt);
    expect(check?.matchConditions?.[0]?.expression).toContain(
      `object.metadata.labels['${ENABLED_LABEL}'] == 'true'`,
    );
  });

  test('fails closed for these objects and no other', () => {
    const reachable = failingClosed()
      .flatMap(({ rules }) => rules ?? [])
      .flatMap(({ apiGroups, resources }) =>
        (apiGroups ?? []).flatMap((group) => (resources ?? []).map((r) => `${r}.${group}`)),
      );
    expect(reachable).toEqual([
      'pods.',
      'pods/ephemeralcontainers.',
      'pods/resize.',
      '*.constraints.gatekeeper.sh',
      '*.expansion.gatekeeper.sh',
      '*.externaldata.gatekeeper.sh',
      '*.mutations.gatekeeper.sh',
      '*.templates.gatekeeper.sh',
      'namespaces.',
      'namespaces/status.',
      'namespaces/finalize.',
    ]);
  });

  test('names every cluster-scoped group of Gatekeeper that its handler validates', () => {
    interface Definition extends Manifest {
      readonly spec: { readonly group: string; readonly scope: string };
    }
    const groups = synthesize()
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map((manifest) => (manifest as Definition).spec)
      .filter(({ scope }) => scope === 'Cluster')
      .map(({ group }) => group);
    const named = failingClosed()[0]?.rules?.find(({ scope }) => scope === 'Cluster')?.apiGroups;
    const handler = officialRelease().read('pkg/webhook/policy.go');
    const constant = officialRelease().read('pkg/webhook/common.go');
    const validated = [...`${handler}${constant}`.matchAll(/"(\w+\.gatekeeper\.sh)"/g)].map(
      ([, group = '']) => group,
    );
    // The kinds of constraints are generated at run time.
    const clusterScoped = [...groups, 'constraints.gatekeeper.sh'];
    const both = clusterScoped.filter((group) => validated.includes(group));
    expect(named).toEqual([...new Set(both)].sort());
  });

  test('changes these objects of the official installation', () => {
    const official = byIdentity(synthesize());
    const differing = [...byIdentity(synthesize(SANDBOX_GATEKEEPER))].filter(
      ([id, manifest]) => JSON.stringify(manifest) !== JSON.stringify(official.get(id)),
    );
    expect(
      [...official.keys()].filter((id) => !byIdentity(synthesize(SANDBOX_GATEKEEPER)).has(id)),
    ).toEqual(['MutatingWebhookConfiguration/gatekeeper-mutating-webhook-configuration']);
    expect(differing.map(([id]) => id)).toEqual([
      'ClusterRole/gatekeeper-manager-role',
      'Deployment/gatekeeper-controller-manager',
      'Deployment/gatekeeper-audit',
      'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
    ]);
    const [, configuration] = differing[3] ?? [];
    expect((configuration as WebhookConfiguration).webhooks).toMatchSnapshot();
  });
});

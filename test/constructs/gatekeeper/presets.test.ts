import type { k8s } from 'cdk8s-plus-27';
import { gatekeeperSchema, SANDBOX_GATEKEEPER } from '../../../constructs/gatekeeper';
import { ENABLED_LABEL } from '../../../policy/names';
import { byIdentity, type Manifest, synthesize } from './manifests';

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

  test('fails closed only in namespaces that turned the platform on', () => {
    for (const { namespaceSelector } of failingClosed()) {
      expect(namespaceSelector?.matchExpressions).toContainEqual({
        key: ENABLED_LABEL,
        operator: 'In',
        values: ['true'],
      });
    }
  });

  test('fails closed for no cluster-scoped object but namespaces and what belongs to Gatekeeper', () => {
    const reachable = failingClosed()
      .flatMap(({ rules }) => rules ?? [])
      .filter(({ scope }) => scope !== 'Namespaced')
      .flatMap(({ apiGroups, resources }) =>
        (apiGroups ?? []).flatMap((group) => (resources ?? []).map((r) => `${r}.${group}`)),
      );
    expect(reachable).toEqual([
      '*.constraints.gatekeeper.sh',
      '*.expansion.gatekeeper.sh',
      '*.externaldata.gatekeeper.sh',
      '*.mutations.gatekeeper.sh',
      '*.syncset.gatekeeper.sh',
      '*.templates.gatekeeper.sh',
      'namespaces.',
    ]);
  });

  test('names every cluster-scoped group of Gatekeeper', () => {
    interface Definition extends Manifest {
      readonly spec: { readonly group: string; readonly scope: string };
    }
    const groups = synthesize()
      .filter(({ kind }) => kind === 'CustomResourceDefinition')
      .map((manifest) => (manifest as Definition).spec)
      .filter(({ scope }) => scope === 'Cluster')
      .map(({ group }) => group);
    const named = failingClosed()[0]?.rules?.find(({ scope }) => scope === 'Cluster')?.apiGroups;
    // The kinds of constraints are generated at run time.
    expect(named).toEqual([...new Set([...groups, 'constraints.gatekeeper.sh'])].sort());
  });

  test('changes these objects of the official installation', () => {
    const official = byIdentity(synthesize());
    const differing = [...byIdentity(synthesize(SANDBOX_GATEKEEPER))].filter(
      ([id, manifest]) => JSON.stringify(manifest) !== JSON.stringify(official.get(id)),
    );
    expect(differing.map(([id]) => id)).toEqual([
      'Deployment/gatekeeper-controller-manager',
      'Deployment/gatekeeper-audit',
      'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
    ]);
    const [, configuration] = differing[2] ?? [];
    expect((configuration as WebhookConfiguration).webhooks[0]).toMatchSnapshot();
  });
});

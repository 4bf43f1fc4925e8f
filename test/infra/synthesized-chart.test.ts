import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { ApiObject, App, Chart, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { SandboxChart } from '../../constructs';
import type { KubernetesObject } from '../../kubernetes/object';
import { planDeployment } from '../../deploy/plan';
import { SynthesizedChart } from '../../infra/synthesized-chart';
import { SandboxError } from '../../base/errors';
import shipped from '../../sandbox.config';
import { isSecret, registrationsOf, type Registration } from './registrations';

const bundles = { webhook: 'webhook', rotator: 'rotator', installer: 'installer' };
const platform = () => new SandboxChart(new App(), 'sandbox', { config: shipped, bundles });
const empty = () => new Chart(new App(), 'chart', { disableResourceNameHashes: true });

/** What a cloud makes. */
class Pool extends pulumi.CustomResource {}

const deployed = (chart: Chart, after: () => pulumi.Resource[] = () => []) =>
  registrationsOf(() => {
    const provider = new kubernetes.Provider('cluster', { kubeconfig: 'unused' });
    return new SynthesizedChart('platform', { chart, after: after() }, { provider });
  });

function withoutThoseForPulumi(manifest: KubernetesObject): KubernetesObject {
  const annotations = Object.entries(manifest.metadata.annotations ?? {});
  const kept = annotations.filter(([key]) => !key.startsWith('pulumi.com/'));
  return { ...manifest, metadata: { ...manifest.metadata, annotations: Object.fromEntries(kept) } };
}

const objectsOf = (all: readonly Registration[]) =>
  all.filter(({ parent }) => parent === 'platform');

describe('the platform', () => {
  let all: readonly Registration[];
  const named = (name: string) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  beforeAll(async () => {
    all = await deployed(platform());
  });

  test('is one resource per object of the plan, by the same name, of the given provider', () => {
    const plan = planDeployment(platform());
    expect(objectsOf(all).map(({ name }) => name)).toEqual(
      expect.arrayContaining(plan.map(({ id }) => id)),
    );
    expect(objectsOf(all)).toHaveLength(plan.length);
    expect(new Set(objectsOf(all).map(({ provider }) => provider))).toEqual(new Set(['cluster']));
  });

  test('depends on what the plan says, each on the resource of that name', () => {
    for (const { id, dependsOn } of planDeployment(platform())) {
      expect([id, [...named(id).dependsOn].sort()]).toEqual([id, [...dependsOn].sort()]);
    }
  });

  test('the types are those of the schema of the provider: the core group has a name', () => {
    const types = Object.fromEntries(all.map(({ name, type }) => [name, type]));
    expect(types).toMatchObject({
      'Namespace/gatekeeper-system': 'kubernetes:core/v1:Namespace',
      'Deployment/gatekeeper-system/ai-runtime-mutator': 'kubernetes:apps/v1:Deployment',
      'RuntimeClass/kata': 'kubernetes:node.k8s.io/v1:RuntimeClass',
      'K8sSandboxedRuntime/enforce-sandbox':
        'kubernetes:constraints.gatekeeper.sh/v1beta1:K8sSandboxedRuntime',
    });
  });

  test('every object takes over what somebody else has changed', () => {
    for (const { inputs } of objectsOf(all))
      expect(inputs).toMatchObject({
        metadata: { annotations: { 'pulumi.com/patchForce': 'true' } },
      });
  });

  test('the objects are those that cdk8s prints, but for what Pulumi is told about them', () => {
    for (const { id, manifest } of planDeployment(platform())) {
      expect(withoutThoseForPulumi(named(id).inputs as typeof manifest)).toEqual(
        withoutThoseForPulumi(manifest),
      );
    }
  });

  test.each([
    [
      'CustomResourceDefinition/constrainttemplates.templates.gatekeeper.sh',
      ['condition=Established'],
    ],
    ['ConstraintTemplate/k8ssandboxedruntime', ['jsonpath={.status.created}=true']],
    [
      'MutatingWebhookConfiguration/ai-runtime-mutator',
      ['jsonpath={.webhooks[0].clientConfig.caBundle}'],
    ],
    ['Deployment/gatekeeper-system/ai-runtime-mutator', undefined],
  ])('%s is waited for', (name, conditions) => {
    const { annotations } = named(name).inputs['metadata'] as {
      annotations?: Record<string, string>;
    };
    const waitFor = annotations?.['pulumi.com/waitFor'];
    expect(waitFor === undefined ? undefined : JSON.parse(waitFor)).toEqual(conditions);
  });

  test('webhooks register last: after the servers that answer and the constraints they judge by', () => {
    const mutator = named('MutatingWebhookConfiguration/ai-runtime-mutator');
    expect(mutator.dependsOn).toEqual(
      expect.arrayContaining([
        'Deployment/gatekeeper-system/ai-runtime-mutator',
        'ValidatingWebhookConfiguration/gatekeeper-validating-webhook-configuration',
      ]),
    );
    const dependents = objectsOf(all).filter(({ dependsOn }) => dependsOn.includes(mutator.name));
    expect(dependents).toEqual([]);
  });

  test('what others write is theirs', () => {
    expect(named('MutatingWebhookConfiguration/ai-runtime-mutator').ignoreChanges).toEqual([
      'webhooks[*].clientConfig.caBundle',
    ]);
    expect(named('Secret/gatekeeper-system/gatekeeper-webhook-server-cert').ignoreChanges).toEqual([
      'data',
    ]);
  });

  test('a handler cannot change, so its class is made anew', () => {
    expect(named('RuntimeClass/kata')).toMatchObject({
      replaceOnChanges: ['handler'],
      deleteBeforeReplace: true,
    });
  });
});

test('a changed dependency of the tree is a changed dependency of the resources', async () => {
  const build = (dependent: 'a' | 'b') => {
    const chart = empty();
    const objects = { a: new Construct(chart, 'A'), b: new Construct(chart, 'B') };
    for (const [name, scope] of Object.entries(objects))
      new ApiObject(scope, 'Map', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    const other = dependent === 'a' ? 'b' : 'a';
    objects[dependent].node.addDependency(objects[other]);
    return chart;
  };
  const dependencies = async (dependent: 'a' | 'b') =>
    Object.fromEntries(
      objectsOf(await deployed(build(dependent))).map(({ name, dependsOn }) => [name, dependsOn]),
    );
  expect(await dependencies('a')).toEqual({
    'ConfigMap/a': ['ConfigMap/b'],
    'ConfigMap/b': [],
  });
  expect(await dependencies('b')).toEqual({
    'ConfigMap/a': [],
    'ConfigMap/b': ['ConfigMap/a'],
  });
});

test('every object comes after what the cluster needs first', async () => {
  const chart = empty();
  new ApiObject(chart, 'A', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
  const pool = () => [new Pool('test:index:Pool', 'kata-pool')];
  const [object] = objectsOf(await deployed(chart, pool));
  expect(object?.dependsOn).toEqual(['kata-pool']);
});

test('the data of a Secret is one on the wire and in the state', async () => {
  const chart = empty();
  new ApiObject(chart, 'S', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'n' },
    stringData: { password: 'x' },
  });
  const [secret] = objectsOf(await deployed(chart));
  expect(isSecret(secret?.inputs['stringData'])).toBe(true);
  expect(secret?.secretOutputs).toEqual(['data', 'stringData']);
});

describe('a pulumi.Output in the tree', () => {
  const problemsOf = async (value: unknown) => {
    const chart = empty();
    for (const name of ['first', 'second']) {
      const data = { plain: 'x', learnt: value as string };
      new ApiObject(chart, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
    }
    let error: unknown;
    const registered = await registrationsOf(() => {
      try {
        new SynthesizedChart('platform', { chart }, {});
      } catch (thrown) {
        error = thrown;
      }
    });
    expect(registered).toEqual([]);
    if (!(error instanceof SandboxError)) throw new Error('it was not refused', { cause: error });
    return [error.code, ...error.problems.map(({ path }) => path)];
  };
  const refused = ['CHART_HOLDS_OUTPUT', 'chart/first: data.learnt', 'chart/second: data.learnt'];

  test('is refused with every place, before anything is registered', async () => {
    expect(await problemsOf(pulumi.output('x'))).toEqual(refused);
  });

  test('is refused in a text, and where a value is made late', async () => {
    expect(await problemsOf(String(pulumi.output('x') as unknown))).toEqual(refused);
    expect(await problemsOf(Lazy.any({ produce: () => pulumi.output('x') }))).toEqual(refused);
  });
});

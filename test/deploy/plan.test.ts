import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { planDeployment } from '../../deploy/plan';
import { SandboxError } from '../../base/errors';
import { MUTATOR } from '../../base/names';

const newChart = () => new Chart(new App(), 'chart', { disableResourceNameHashes: true });

function add(scope: Construct, apiVersion: string, id: string, rest: object = {}): ApiObject {
  const [kind = '', ...path] = id.split('/');
  const name = path.at(-1) ?? '';
  const metadata = path.length === 2 ? { name, namespace: path[0] ?? '' } : { name };
  return new ApiObject(scope, id.replaceAll('/', '-'), { apiVersion, kind, metadata, ...rest });
}

const ids = (chart: Chart) => planDeployment(chart).map(({ id }) => id);
const find = (chart: Chart, id: string) => planDeployment(chart).find((item) => item.id === id);

test('objects at any depth of the tree are planned', () => {
  const chart = newChart();
  add(new Construct(new Construct(chart, 'outer'), 'inner'), 'v1', 'ConfigMap/a/deep');
  expect(ids(chart)).toEqual(['ConfigMap/a/deep']);
});

test('a dependency between constructs is one between all objects below them', () => {
  const chart = newChart();
  const last = new Construct(chart, 'last');
  add(last, 'v1', 'ConfigMap/a/l1');
  add(last, 'v1', 'ConfigMap/a/l2');
  const first = new Construct(chart, 'first');
  add(first, 'v1', 'ConfigMap/a/f1');
  add(first, 'v1', 'ConfigMap/a/f2');
  last.node.addDependency(first);
  expect(ids(chart)).toEqual([
    'ConfigMap/a/f1',
    'ConfigMap/a/f2',
    'ConfigMap/a/l1',
    'ConfigMap/a/l2',
  ]);
  expect(find(chart, 'ConfigMap/a/l2')?.dependsOn).toEqual(['ConfigMap/a/f1', 'ConfigMap/a/f2']);
});

test('an object comes after its namespace by itself', () => {
  const chart = newChart();
  add(chart, 'v1', 'ConfigMap/team/settings');
  add(chart, 'v1', 'Namespace/team');
  expect(ids(chart)).toEqual(['Namespace/team', 'ConfigMap/team/settings']);
});

test('a custom resource comes after its definition, and only after the one of its group', () => {
  const chart = newChart();
  add(chart, 'example.com/v1', 'Widget/w');
  for (const group of ['other.com', 'example.com']) {
    add(chart, 'apiextensions.k8s.io/v1', `CustomResourceDefinition/widgets.${group}`, {
      spec: { group, names: { kind: 'Widget' } },
    });
  }
  expect(find(chart, 'Widget/w')?.dependsOn).toEqual([
    'CustomResourceDefinition/widgets.example.com',
  ]);
});

test('a constraint comes after its template', () => {
  const chart = newChart();
  add(chart, 'constraints.gatekeeper.sh/v1beta1', 'K8sFoo/c');
  add(chart, 'templates.gatekeeper.sh/v1', 'ConstraintTemplate/k8sfoo', {
    spec: { crd: { spec: { names: { kind: 'K8sFoo' } } } },
  });
  expect(ids(chart)).toEqual(['ConstraintTemplate/k8sfoo', 'K8sFoo/c']);
});

test.each([
  ['v1', 'Namespace/n', 'namespace-active'],
  ['v1', 'ConfigMap/a/c', 'none'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition/x', 'crd-established'],
  ['templates.gatekeeper.sh/v1', 'ConstraintTemplate/t', 'template-created'],
  ['constraints.gatekeeper.sh/v1beta1', 'K8sFoo/c', 'constraint-enforced'],
  ['apps/v1', 'Deployment/a/d', 'deployment-available'],
  ['apps/v1', 'DaemonSet/a/d', 'daemonset-rolled-out'],
  ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration/v', 'ca-injected'],
  ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration/other', 'ca-injected'],
  [
    'admissionregistration.k8s.io/v1',
    `MutatingWebhookConfiguration/${MUTATOR.name}`,
    'webhook-answers',
  ],
])('%s %s is awaited as %s', (apiVersion, id, wait) => {
  const chart = newChart();
  add(chart, apiVersion, id);
  expect(find(chart, id)?.wait).toBe(wait);
});

test('two constructs that make the same object are refused, both named', () => {
  const chart = newChart();
  add(new Construct(chart, 'one'), 'v1', 'ConfigMap/a/x');
  add(new Construct(chart, 'two'), 'v1', 'ConfigMap/a/x');
  const problem = problemsOf(() => planDeployment(chart))[0];
  expect(problem?.path).toContain('two');
  expect(problem?.reason).toContain('one');
});

test('dependencies in a circle are refused, every object of the circle named', () => {
  const chart = newChart();
  const a = add(chart, 'v1', 'ConfigMap/x/a');
  const b = add(chart, 'v1', 'ConfigMap/x/b');
  a.node.addDependency(b);
  b.node.addDependency(a);
  expect(problemsOf(() => planDeployment(chart)).map(({ path }) => path)).toEqual([
    'ConfigMap/x/a',
    'ConfigMap/x/b',
  ]);
});

function problemsOf(body: () => unknown) {
  try {
    body();
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'PLAN_INVALID') return error.problems;
    throw error;
  }
  throw new Error('nothing was refused');
}

import { ApiObject } from 'cdk8s';
import { RuntimePolicies } from '../../constructs/policies';
import { definePolicy } from '../../policy/model/define';
import { chartWith, expectManifest, manifests } from './expect-manifest';

const policy = definePolicy({
  runtimes: [{ name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu' }],
  rules: [
    {
      name: 'gpu',
      when: { container: { limits: { 'nvidia.com/gpu': { exists: true } } } },
      runtime: 'kata',
    },
  ],
  required: [{ namespaces: ['ai-production'], container: 'ai-model', runtime: 'kata' }],
});

let policies: RuntimePolicies;
const chart = chartWith((scope) => (policies = new RuntimePolicies(scope, 'Policies', { policy })));

test('makes the templates and the constraints of the policy', () => {
  expect(
    manifests(chart)
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
      .sort(),
  ).toEqual([
    'ConstraintTemplate/k8sdynamicruntime',
    'ConstraintTemplate/k8srequiredruntime',
    'ConstraintTemplate/k8ssandboxedruntime',
    'K8sDynamicRuntime/enforce-dynamic-ai-runtime',
    'K8sRequiredRuntime/enforce-kata-label',
    'K8sSandboxedRuntime/enforce-sandbox',
  ]);
});

test('gives the objects back, in their order of deployment', () => {
  expect(policies.templates.map(({ kind }) => kind)).toEqual(Array(3).fill('ConstraintTemplate'));
  expect(policies.constraints.map(({ name }) => name)).toEqual([
    'enforce-kata-label',
    'enforce-dynamic-ai-runtime',
    'enforce-sandbox',
  ]);
});

test('deploys each constraint after the template of its kind', () => {
  for (const constraint of policies.constraints) {
    const earlier = constraint.node.dependencies.filter((one) => one instanceof ApiObject);
    expect(earlier.map(({ name }) => name)).toEqual([constraint.kind.toLowerCase()]);
  }
});

test('carries the parameters unchanged', () => {
  expectManifest(chart).toHave('K8sRequiredRuntime', 'enforce-kata-label', {
    spec: {
      enforcementAction: 'deny',
      match: { namespaces: ['ai-production'] },
      parameters: { container: 'ai-model', runtime: 'kata', enforce: 'present' },
    },
  });
});

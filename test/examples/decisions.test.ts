/** What the example settings decide about pods they are written for. */
import aks from '../../examples/aks.config';
import eks from '../../examples/eks.config';
import gke from '../../examples/gke.config';
import { createDecider } from '../../policy/decision/decide';
import { lintPolicy } from '../../policy/lint/lint';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import shipped from '../../sandbox.config';

const OURS = 'europe-docker.pkg.dev/my-project/serving/model:3';
const TORCH = 'docker.io/pytorch/pytorch:2.4.0';
const SCIKIT = 'docker.io/bitnami/scikit-learn-intel:2024.7.0';

const container = (image: string, more: object = {}) => ({ name: 'main', image, ...more });
const asking = (cpu: string) => ({ resources: { requests: { cpu } } });
const GPU = { resources: { limits: { 'nvidia.com/gpu': '1' } } };
const ROOT = { securityContext: { runAsUser: 0 } };

interface Tried {
  readonly containers: readonly object[];
  /** @default team */
  readonly namespace?: string;
  /** Of the whole pod. */
  readonly resources?: object;
  readonly label?: string;
}

/** The runtime and where it comes from, or the codes of the refusal. */
function outcome(policy: RuntimePolicy, { namespace = 'team', label, ...spec }: Tried): string {
  const labels = label === undefined ? {} : { [policy.labelKey]: label };
  const pod = { metadata: { name: 'demo', labels }, spec };
  const { selection, denials } = createDecider(policy).decide(pod, { namespace });
  if (denials.length > 0) return denials.map(({ code }) => code).join(', ');
  return `${selection.runtime?.name} by ${selection.source} ${selection.rules.join(', ')}`.trim();
}

test.each<[string, Tried, string]>([
  [
    'much CPU in one container',
    { containers: [container(TORCH, asking('5'))] },
    'kata by rule high_compute',
  ],
  [
    'much CPU split over containers',
    { containers: [container(TORCH, asking('2500m')), container('busybox', asking('2500m'))] },
    'kata by rule high_compute',
  ],
  [
    'much CPU stated for the pod',
    { containers: [container(TORCH)], resources: { requests: { cpu: '5' } } },
    'kata by rule high_compute',
  ],
  ['CPU at the bound', { containers: [container(TORCH, asking('4'))] }, 'kata by default'],
  [
    'a small model',
    { containers: [container(SCIKIT, asking('500m'))] },
    'gvisor by rule light_model',
  ],
  [
    'a small model beside a large container',
    { containers: [container(SCIKIT, asking('500m')), container('busybox', asking('2'))] },
    'kata by default',
  ],
  [
    'a required container without a label',
    { namespace: 'ai-production', containers: [{ ...container('busybox'), name: 'ai-model' }] },
    'LABEL_REQUIRED',
  ],
])('sandbox.config.ts: %s', (_, pod, expected) => {
  expect(outcome(shipped.policy, pod)).toBe(expected);
});

test.each<[string, Tried, string]>([
  ['our image', { containers: [container(OURS)] }, 'gvisor by default'],
  [
    'our registry, but a repository of others',
    { containers: [container('europe-docker.pkg.dev/another/model')] },
    'kata by rule foreign_image',
  ],
  [
    'our image beside one from outside',
    { containers: [container(OURS), container('busybox')] },
    'kata by rule foreign_image',
  ],
  [
    'an image from outside, labelled with the weaker runtime',
    { containers: [container('busybox')], label: 'gvisor' },
    'RULE_VIOLATED',
  ],
  ['our image as root', { containers: [container(OURS, ROOT)] }, 'kata by rule wants_root'],
  [
    'our image with a capability',
    {
      containers: [container(OURS, { securityContext: { capabilities: { add: ['SYS_PTRACE'] } } })],
    },
    'kata by rule wants_root',
  ],
  ['our image with a GPU', { containers: [container(OURS, GPU)] }, 'gvisor by rule gpu'],
  ['a GPU for an image from outside', { containers: [container('busybox', GPU)] }, 'DENIED'],
  ['a GPU for root', { containers: [container(OURS, { ...GPU, ...ROOT })] }, 'DENIED'],
  [
    'a GPU, labelled with a runtime without one',
    { containers: [container(OURS, GPU)], label: 'kata' },
    'RULE_VIOLATED',
  ],
])('gke.config.ts: %s', (_, pod, expected) => {
  expect(outcome(gke.policy, pod)).toBe(expected);
});

test.each<[string, Tried, string]>([
  [
    'an agent',
    { containers: [container('registry.example.com/agents/coder:1')] },
    'kata by rule agents',
  ],
  ['anything else', { containers: [container('busybox')] }, 'kata by default'],
  [
    'an interpreter without a label',
    { namespace: 'agents', containers: [{ ...container('python'), name: 'interpreter' }] },
    'LABEL_REQUIRED',
  ],
  [
    'an interpreter with a label',
    {
      namespace: 'agents',
      containers: [{ ...container('python'), name: 'interpreter' }],
      label: 'kata',
    },
    'kata by label',
  ],
])('eks.config.ts: %s', (_, pod, expected) => {
  expect(outcome(eks.policy, pod)).toBe(expected);
});

test.each<[string, Tried, string]>([
  [
    'a notebook',
    { containers: [container('quay.io/jupyter/base-notebook')] },
    'kata by rule notebooks',
  ],
  ['anything else', { containers: [container('busybox')] }, 'kata by default'],
  [
    'a runtime it does not have',
    { containers: [container('busybox')], label: 'gvisor' },
    'UNKNOWN_RUNTIME',
  ],
])('aks.config.ts: %s', (_, pod, expected) => {
  expect(outcome(aks.policy, pod)).toBe(expected);
});

test.each(Object.entries({ shipped, gke, eks, aks }))(
  '%s has nothing to warn of',
  (_, { policy }) => {
    expect(lintPolicy(policy)).toEqual([]);
  },
);

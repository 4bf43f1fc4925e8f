/** The steps of a verification, derived from the policy the cluster is expected to follow. */
import type { RuntimePolicy } from '../policy/model';
import type { Step } from './model';
import { audit } from './steps/audit';
import { control } from './steps/control';
import { labelled } from './steps/label';
import { mislabelled, selectedByRule } from './steps/rules';
import { runtimeProof } from './steps/proof';
import { unlabelled } from './steps/requirement';

export { preflight } from './steps/preflight';

/** In the order they are reported: label, requirement, rules, proof and its control, audit. */
export function steps(policy: RuntimePolicy): readonly Step[] {
  const strongestFirst = [...policy.runtimes].reverse();
  return [
    ...strongestFirst.map(labelled),
    unlabelled(policy),
    ...SAMPLES.map((sample) => selectedByRule(sample, policy)),
    mislabelled(SAMPLES[0], policy),
    ...strongestFirst.map(runtimeProof),
    control,
    audit(),
  ];
}

/** Workloads whose runtime no label names: a training job, and a small model. */
const SAMPLES = [
  { name: 'pytorch', image: 'docker.io/pytorch/pytorch:2.4.0', cpu: '5' },
  { name: 'scikit', image: 'docker.io/bitnami/scikit-learn-intel:2024.7.0', cpu: '500m' },
] as const;

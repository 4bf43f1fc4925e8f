/** The steps of a verification, derived from the policy the cluster is expected to follow. */
import type { RuntimePolicy } from '../policy/model/runtime-policy';
import type { Step } from './step';
import { audit } from './steps/audit';
import { constraints } from './steps/constraints';
import { control } from './steps/control';
import { exemptions } from './steps/exemptions';
import { hollowPods } from './steps/hollow-pods';
import { labelled } from './steps/label';
import { namespaces } from './steps/namespaces';
import { networkPolicies } from './steps/network-policies';
import { gatekeeperRegistration, mutatorRegistration } from './steps/registrations';
import { mislabelled, selectedByRule } from './steps/rules';
import { runtimeProof } from './steps/proof';
import { unlabelled } from './steps/requirement';

/**
 * Steps that only read from the cluster. They also run if the platform exists but does not work, because they show
 * why. In the order they are reported.
 */
export const CHECKS: readonly Step[] = [
  mutatorRegistration,
  gatekeeperRegistration,
  constraints,
  exemptions,
  namespaces,
  hollowPods,
];

/** Steps that create pods: label, requirement, rules, proof and its control, network, audit. In the order they are reported. */
export function trials(policy: RuntimePolicy): readonly Step[] {
  const strongestFirst = [...policy.runtimes].reverse();
  return [
    ...strongestFirst.map(labelled),
    unlabelled(policy),
    ...SAMPLES.map((sample) => selectedByRule(sample, policy)),
    mislabelled(SAMPLES[0], policy),
    ...strongestFirst.map(runtimeProof),
    control,
    networkPolicies,
    audit(),
  ];
}

const PYTORCH = { name: 'pytorch', image: 'docker.io/pytorch/pytorch:2.4.0' };

/** Workloads without a runtime label: a training job, the same with its CPU split over two containers, and a small model. */
const SAMPLES = [
  { id: 'pytorch', ...PYTORCH, cpu: '5' },
  { id: 'pytorch-split', ...PYTORCH, cpu: '2500m', containers: 2 },
  {
    id: 'scikit',
    name: 'scikit',
    image: 'docker.io/bitnami/scikit-learn-intel:2024.7.0',
    cpu: '500m',
  },
] as const;

/** Makes a pair of policy and pod on which Gatekeeper and the reference differ as small as it can, to be read and kept. */
import { stringify } from 'yaml';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import type { Batch, Judged, JudgedPod } from './judge';
import { differ, judge } from './judge';

/** Takes members and elements away, one after the other, as long as the engines still differ; each round is one run of gator. */
export async function shrunk(judged: Judged): Promise<Judged> {
  for (let best = judged; ;) {
    const smaller = (await judge(candidates(best))).find(differ);
    if (smaller === undefined) return best;
    best = smaller;
  }
}

/** The pair as two files of `test/policy/corpus`, and what each engine says. */
export function described({ policy, pod, expected, actual }: Judged): string {
  return [
    'Gatekeeper and the reference differ.',
    ...['# case.policy.yaml', stringify(policy), '# case.pod.yaml', stringify(pod)],
    stringify({ expected, actual }),
  ].join('\n');
}

function candidates({ policy, pod }: Judged): Batch[] {
  const policies = without(policy).flatMap((candidate) => definedOrNone(candidate));
  const pods = without(pod).filter(isJudgedPod);
  return [...policies.map((smaller) => ({ policy: smaller, pods: [pod] })), { policy, pods }];
}

/** Without what makes a policy a policy there is none. */
function definedOrNone(candidate: unknown): Batch['policy'][] {
  try {
    return [definePolicy(candidate as RuntimePolicyInput)];
  } catch {
    return [];
  }
}

const KEPT = ['apiVersion', 'kind', 'metadata', 'namespace', 'name'];

function isJudgedPod(candidate: unknown): candidate is JudgedPod {
  const { kind, metadata } = candidate as { kind?: string; metadata?: { namespace?: string } };
  return kind === 'Pod' && metadata?.namespace !== undefined;
}

/** Each value that has one member or element less, or in the place of one what is inside it; larger steps first. */
function without(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const elements: readonly unknown[] = value;
    return [
      ...elements.map((_, index) => elements.filter((_element, other) => other !== index)),
      ...elements.flatMap((element, index) =>
        without(element).map((smaller) => elements.with(index, smaller)),
      ),
    ];
  }
  const entries = Object.entries(value);
  const removable = entries.filter(([key]) => !KEPT.includes(key));
  return [
    ...removable.map(([key]) => Object.fromEntries(entries.filter(([other]) => other !== key))),
    ...entries.flatMap(([key, member]) =>
      without(member).map((smaller) => ({ ...value, [key]: smaller })),
    ),
  ];
}

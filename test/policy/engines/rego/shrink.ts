/** Makes a pair of policy and pod on which Gatekeeper and the reference differ as small as it can, to be read and kept. */
import { stringify } from 'yaml';
import { definePolicy } from '../../../../policy/model/define';
import type { RuntimePolicyInput } from '../../../../policy/model/runtime-policy';
import type { Batch, Judged, JudgedPod } from './judge';
import { differ, judge } from './judge';

/** Pairs in one run of gator: few, because most often one of the first is still different. */
const PER_RUN = 40;

/** Takes members and elements away, one after the other, as long as the engines still differ. */
export async function shrunk(judged: Judged): Promise<Judged> {
  let best = judged;
  for (let next = await smaller(best); next !== undefined; next = await smaller(best)) best = next;
  return best;
}

async function smaller(judged: Judged): Promise<Judged | undefined> {
  const all = candidates(judged);
  for (let start = 0; start < all.length; start += PER_RUN) {
    const found = (await judge(all.slice(start, start + PER_RUN))).find(differ);
    if (found !== undefined) return found;
  }
  return undefined;
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
  return [
    // Defaults come back, and what comes back is no smaller.
    ...policies
      .filter((one) => sizeOf(one) < sizeOf(policy))
      .map((one) => ({ policy: one, pods: [pod] })),
    ...pods.map((one) => ({ policy, pods: [one] })),
  ];
}

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

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

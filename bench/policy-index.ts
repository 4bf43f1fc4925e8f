/**
 * What a pod's decision costs as the number of rules grows, as ratios within one run: absolute times say more about the computer.
 * Run: node -r ts-node/register bench/policy-index.ts
 */
import { createDecider } from '../policy/decision/decide';
import { definePolicy } from '../policy/model/define';
import { compileMatcher } from '../policy/rules/compiled/compile';
import { referenceMatcher } from '../policy/rules/match';
import type { RuntimePolicy, RuntimePolicyInput } from '../policy/model/runtime-policy';

const CONTEXT = { namespace: 'ai-production' };
const SIZES = [1, 10, 100, 1_000, 10_000, 100_000];
const BLOCKS = 8;

type RuleInput = NonNullable<RuntimePolicyInput['rules']>[number];

/** Rules as platform teams write them: by image and size, by team namespace, by registry path, by device, by combinations. */
function realisticRule(index: number): RuleInput {
  const literal = `model-${index.toString(36)}-`;
  const cpu = `${(index % 64) + 1}`;
  const conditions: RuleInput['when'][] = [
    { container: { image: { contains: literal }, requests: { cpu: { gt: cpu } } } },
    { container: { image: { registry: 'nvcr.io', repository: `team-${index}/*` } } },
    { pod: { namespace: `team-${index}` }, container: { securityContext: { privileged: true } } },
    {
      container: {
        image: { repository: `org-${index}/trainer` },
        limits: { 'nvidia.com/gpu': { gte: '1' } },
      },
    },
    { any: [{ pod: { labels: { team: `t${index}` } } }, { container: { name: `job-${index}` } }] },
    { container: { image: { contains: literal } }, not: { pod: { namespace: 'ai-production' } } },
  ];
  const when = conditions[index % conditions.length] ?? {};
  return { name: `rule-${index}`, when, runtime: index % 2 === 0 ? 'kata' : 'gvisor' };
}

function policyOf(size: number): RuntimePolicy {
  return definePolicy({
    runtimes: [
      { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
      { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu-runtime-rs' },
    ],
    rules: Array.from({ length: size }, (_, index) => realisticRule(index)),
  });
}

const container = (name: string, image: string, cpu: string) => ({
  name,
  image,
  resources: { requests: { cpu, memory: '8Gi' }, limits: { memory: '8Gi', 'nvidia.com/gpu': '1' } },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
});

/** A pod no rule matches, one that rule 0 matches, and one of six containers. */
const PODS = {
  none: pod([container('main', 'ghcr.io/acme/inference/llama-server:2.4.1', '4')]),
  one: pod([container('main', 'ghcr.io/acme/model-0-serving:2.4.1', '4')]),
  large: pod(
    Array.from({ length: 6 }, (_, i) =>
      container(`c${i}`, `nvcr.io/nvidia/tritonserver:24.0${i}`, '2'),
    ),
  ),
};

function pod(containers: object[]): unknown {
  const labels = { app: 'inference', team: 'red', 'pod-template-hash': '5d4f8c7b9' };
  return {
    metadata: { generateName: 'inference-', labels },
    spec: { serviceAccountName: 'default', containers },
  };
}

/** Median time of one call in microseconds, and the 99th percentile of single calls. */
function measure(call: () => void, calls: number): { median: number; p99: number } {
  const samples: number[] = [];
  for (let index = 0; index < calls; index++) {
    const start = process.hrtime.bigint();
    call();
    samples.push(Number(process.hrtime.bigint() - start) / 1_000);
  }
  samples.sort((a, b) => a - b);
  return { median: samples[calls >> 1] ?? NaN, p99: samples[Math.floor(calls * 0.99)] ?? NaN };
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

const arms = SIZES.map((size) => {
  const policy = policyOf(size);
  const heapBefore = process.memoryUsage().heapUsed;
  const start = process.cpuUsage();
  const matcher = compileMatcher(policy);
  const { user, system } = process.cpuUsage(start);
  const heap = process.memoryUsage().heapUsed - heapBefore;
  const decider = createDecider(policy, matcher);
  return { size, policy, decider, compileMs: (user + system) / 1_000, heapMb: heap / 2 ** 20 };
});

console.log('rules     compile (CPU ms)  heap (MB)');
for (const { size, compileMs, heapMb } of arms) {
  console.log(`${String(size).padEnd(10)}${compileMs.toFixed(0).padEnd(18)}${heapMb.toFixed(1)}`);
}

for (const [name, example] of Object.entries(PODS)) {
  console.log(
    `\nmutate, pod "${name}": rules, median us (indicative), ratios to 1 rule: median, p99`,
  );
  const results = runBlocks(example);
  results.forEach(({ median, p99 }, index) => {
    const size = String(SIZES[index]).padEnd(10);
    const ratio = (median / (results[0]?.median ?? NaN)).toFixed(2).padEnd(8);
    console.log(
      `${size}${median.toFixed(1).padEnd(8)}${ratio}${(p99 / (results[0]?.p99 ?? NaN)).toFixed(2)}`,
    );
  });
}

/** Every arm in turn, forth and back, so that a change of the computer's speed meets all alike; the first block warms up. */
function runBlocks(example: unknown): { median: number; p99: number }[] {
  const samples = arms.map(() => [] as { median: number; p99: number }[]);
  for (let block = 0; block <= BLOCKS; block++) {
    const order = [...arms.keys()];
    for (const index of block % 2 === 0 ? order : order.reverse()) {
      const result = measure(() => arms[index]?.decider.mutate(example, CONTEXT), 2_000);
      if (block > 0) samples[index]?.push(result);
    }
  }
  return samples.map((results) => ({
    median: medianOf(results.map(({ median }) => median)),
    p99: medianOf(results.map(({ p99 }) => p99)),
  }));
}

const thousand = arms[3];
if (thousand !== undefined) {
  const slow = createDecider(thousand.policy, referenceMatcher(thousand.policy));
  const reference = measure(() => slow.mutate(PODS.none, CONTEXT), 100);
  const compiled = measure(() => thousand.decider.mutate(PODS.none, CONTEXT), 2_000);
  console.log(
    `\n1,000 rules, reference / compiled: ${(reference.median / compiled.median).toFixed(0)}`,
  );
}

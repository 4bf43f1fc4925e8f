/**
 * Gatekeeper's engine against the reference, on generated pairs of policy and pod and on those of `test/policy/corpus`. `FC_SEED` repeats
 * a run; `DIFFERENTIAL_PAIRS` says how many pairs are generated. A failure prints the smallest such pair as two files to keep there.
 */
import * as fc from 'fast-check';
import { DENIAL_CODES } from '../../../../policy/decision/decision';
import { malformedPods, pods, policies } from '../../../fixtures/arbitraries';
import { sampleSeed } from '../../../oracle/seed';
import { corpus } from '../../corpus';
import { buildGator } from './gator';
import type { Batch } from './judge';
import { differ, judge } from './judge';
import { described, shrunk } from './shrink';

const PAIRS = Number(process.env['DIFFERENTIAL_PAIRS'] ?? 1_200);
const PODS_PER_POLICY = 20;
/** In one run of gator. */
const POLICIES_PER_ROUND = 20;
const BUILD_TIMEOUT_MILLISECONDS = 600_000;
const RUN_TIMEOUT_MILLISECONDS = 600_000 + 60 * PAIRS;

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

const batch: fc.Arbitrary<Batch> = fc.record({
  policy: policies,
  pods: fc.array(fc.oneof({ weight: 5, arbitrary: pods }, malformedPods), {
    minLength: PODS_PER_POLICY,
    maxLength: PODS_PER_POLICY,
  }),
});

/** @returns the codes of Gatekeeper; throws on the first difference, made small */
async function heardIn(batches: readonly Batch[], origin: string): Promise<readonly string[]> {
  const judged = await judge(batches);
  const different = judged.find(differ);
  if (different !== undefined) throw new Error(`${origin}: ${described(await shrunk(different))}`);
  return judged.flatMap(({ actual }) => actual.map((text) => text.split(' ')[0] ?? ''));
}

test(
  `Gatekeeper denies what the reference denies, in the same words (${PAIRS} pairs)`,
  async () => {
    const seed = sampleSeed();
    const heard = new Set<string>();
    const rounds = Math.ceil(PAIRS / (PODS_PER_POLICY * POLICIES_PER_ROUND));
    for (let round = 0; round < rounds; round++) {
      const batches = fc.sample(batch, { seed: seed + round, numRuns: POLICIES_PER_ROUND });
      const codes = await heardIn(batches, `FC_SEED=${seed + round}`);
      for (const code of codes) heard.add(code);
    }
    expect([...heard].sort()).toEqual([...DENIAL_CODES].sort());
  },
  RUN_TIMEOUT_MILLISECONDS,
);

test(
  'what once differed differs no more',
  async () => {
    const cases = corpus();
    expect(cases.length).toBeGreaterThan(0);
    await heardIn(
      cases.map(({ policy, pod }) => ({ policy, pods: [pod] })),
      'corpus',
    );
  },
  RUN_TIMEOUT_MILLISECONDS,
);

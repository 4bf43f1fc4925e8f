/**
 * Gatekeeper's engine against `Decider.reports`, on generated policies of which parts only warn or audit, and pods that are created,
 * updated and audited. `FC_SEED` repeats a run; `DIFFERENTIAL_PAIRS` says how many pairs of policy and review are generated.
 */
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { exposedPods, stagedPolicies, NAMESPACES_OF_PODS } from '../../../fixtures/arbitraries';
import { sampleSeed } from '../../../oracle/seed';
import { updates } from '../../updates';
import { buildGator } from './gator';
import type { Review, ReviewBatch } from './judge-reports';
import { judgeReports } from './judge-reports';

const PAIRS = Number(process.env['DIFFERENTIAL_PAIRS'] ?? 800);
const REVIEWS_PER_POLICY = 20;
/** In one run of gator. */
const POLICIES_PER_ROUND = 20;
const BUILD_TIMEOUT_MILLISECONDS = 600_000;
const RUN_TIMEOUT_MILLISECONDS = 300_000 + 60 * PAIRS;

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

const named = (pod: object, namespace: string) => ({
  ...pod,
  metadata: { ...(pod as { metadata?: object }).metadata, name: 'pod', namespace },
});

const namespaces = fc.constantFrom(...NAMESPACES_OF_PODS);

const ofPods: fc.Arbitrary<Review> = fc
  .tuple(exposedPods, fc.constantFrom<Pick<Review, 'operation'>>({ operation: 'CREATE' }, {}))
  .map(([pod, review]) => {
    const { namespace } = pod.metadata;
    return { ...review, namespace, object: named(pod, namespace) };
  });

const ofUpdates: fc.Arbitrary<Review> = fc
  .tuple(updates, namespaces)
  .map(([[before, after], namespace]) => ({
    operation: 'UPDATE',
    namespace,
    object: named(after, namespace),
    oldObject: named(before, namespace),
  }));

const batch: fc.Arbitrary<ReviewBatch> = fc.record({
  policy: stagedPolicies,
  reviews: fc.array(
    fc.oneof({ weight: 3, arbitrary: ofPods }, { weight: 1, arbitrary: ofUpdates }),
    { minLength: REVIEWS_PER_POLICY, maxLength: REVIEWS_PER_POLICY },
  ),
});

test(
  `Gatekeeper reports what the reference reports, under the same enforcement (${PAIRS} pairs)`,
  async () => {
    const seed = sampleSeed();
    const heard = new Set<string>();
    const rounds = Math.ceil(PAIRS / (REVIEWS_PER_POLICY * POLICIES_PER_ROUND));
    for (let round = 0; round < rounds; round++) {
      const batches = fc.sample(batch, { seed: seed + round, numRuns: POLICIES_PER_ROUND });
      for (const { policy, review, expected, actual } of await judgeReports(batches)) {
        if (JSON.stringify(expected) !== JSON.stringify(actual)) {
          const pair = stringify({ policy, review, expected, actual });
          throw new Error(`FC_SEED=${seed + round}: Gatekeeper and the reference differ.\n${pair}`);
        }
        for (const enforcement of Object.keys(actual)) {
          heard.add(`${enforcement} ${review.operation ?? 'audit'}`);
        }
      }
    }
    const operations = ['CREATE', 'UPDATE', 'audit'];
    expect([...heard].sort()).toEqual(
      ['audit', 'deny', 'warn'].flatMap((one) =>
        operations.map((operation) => `${one} ${operation}`),
      ),
    );
  },
  RUN_TIMEOUT_MILLISECONDS,
);

import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { definePolicy } from '../../../../policy/model/define';
import { constraints } from '../../../../policy/engines/rego';
import { podFacts } from '../../../../policy/pod/facts';
import { referenceMatcher } from '../../../../policy/rules/match';
import type { Condition } from '../../../../policy/model/runtime-policy';
import { CONSTRAINT_KINDS } from '../../../../base/names';
import type { Resources } from '../../../../policy/pod/resources';
import { conditions, malformedPods, pods } from '../../../fixtures/arbitraries';
import { sampleSeed } from '../../../oracle/seed';
import { buildGator } from './gator';
import { integerOf } from './integer-of';
import { evaluateForPods } from './probe';

const BATCHES = 4;
const RULES_PER_BATCH = 60;
const PODS_PER_BATCH = 50;
const PODS_MEASURED = 300;
const BUILD_TIMEOUT_MILLISECONDS = 600_000;
const RUN_TIMEOUT_MILLISECONDS = 300_000;

const anyPods = fc.oneof({ weight: 5, arbitrary: pods }, { weight: 1, arbitrary: malformedPods });
const factsOf = (pod: object) => podFacts(pod, { namespace: '' });

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

function policyOf(whens: readonly Condition[]) {
  return definePolicy({
    runtimes: [{ name: 'kata', runtimeClassName: 'kata', handler: 'kata' }],
    rules: whens.map((when, index) => ({ name: `rule-${index}`, when, runtime: 'kata' })),
  });
}

async function expectSameMatches(whens: readonly Condition[], batch: readonly object[]) {
  const policy = policyOf(whens);
  const matcher = referenceMatcher(policy);
  const dynamic = constraints(policy).find(({ kind }) => kind === CONSTRAINT_KINDS.dynamic);
  const expression =
    '[rule.name | some rule in input.parameters.rules; conditions.holds(rule.when)]';
  const matching = await evaluateForPods(expression, batch, dynamic?.spec.parameters ?? {});
  for (const [index, pod] of batch.entries()) {
    const actual = [...(matching[index] as string[])].sort();
    const expected = matcher.matching(factsOf(pod)).map(({ name }) => name);
    const different = policy.rules.filter(
      ({ name }) => actual.includes(name) !== expected.includes(name),
    );
    if (different.length > 0)
      throw new Error(
        `Rego does not match as the reference:\n${stringify({ different, pod, actual, expected })}`,
      );
  }
}

test(
  `Rego finds the rules that match (${BATCHES * RULES_PER_BATCH * PODS_PER_BATCH} pairs of rule and pod)`,
  async () => {
    const batches = fc.asyncProperty(
      fc.array(conditions, { minLength: 1, maxLength: RULES_PER_BATCH, size: 'max' }),
      fc.array(anyPods, { minLength: 1, maxLength: PODS_PER_BATCH, size: 'max' }),
      expectSameMatches,
    );
    await fc.assert(batches, { seed: sampleSeed(), numRuns: BATCHES });
  },
  RUN_TIMEOUT_MILLISECONDS,
);

test(
  `Rego reads the same resources from ${PODS_MEASURED} pods`,
  async () => {
    const seed = sampleSeed();
    const measured = fc.sample(anyPods, { seed, numRuns: PODS_MEASURED });
    const expression =
      '[facts.pod_resources, [resources.of_container(container) | some container in facts.containers]]';
    const read = await evaluateForPods(expression, measured, {});
    const differences = measured.flatMap((pod, index) => {
      const facts = factsOf(pod);
      const expected = [facts, ...facts.containers].map(({ requests, limits }) => ({
        requests: plain(requests),
        limits: plain(limits),
      }));
      const [whole, each] = read[index] as [Read, Read[]];
      const actual = [whole, ...each].map(({ requests, limits }) => ({
        requests: plainQuantities(requests),
        limits: plainQuantities(limits),
      }));
      return JSON.stringify(actual) === JSON.stringify(expected) ? [] : [{ pod, actual, expected }];
    });
    expect({ seed, differences: differences.slice(0, 1) }).toEqual({ seed, differences: [] });
  },
  RUN_TIMEOUT_MILLISECONDS,
);

interface Read {
  readonly requests: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, unknown>>;
}

const plain = (resources: Resources) =>
  [...resources].map(([name, quantity]) => `${name} ${quantity}`).sort();

const plainQuantities = (quantities: Readonly<Record<string, unknown>>) =>
  Object.entries(quantities)
    .map(([name, quantity]) => `${name} ${integerOf(quantity)}`)
    .sort();

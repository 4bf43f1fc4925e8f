import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { createDecider } from '../../../../policy/decision/decide';
import { DENIAL_CODES } from '../../../../policy/decision/decision';
import { constraints, constraintTemplates } from '../../../../policy/engines/rego';
import type { RuntimePolicy } from '../../../../policy/model/runtime-policy';
import { ENABLED_LABEL } from '../../../../base/names';
import type { GeneratedPod } from '../../../fixtures/arbitraries';
import { malformedPods, NAMESPACES_OF_PODS, pods, policies } from '../../../fixtures/arbitraries';
import { sampleSeed } from '../../../oracle/seed';
import { buildGator, gatorTest } from './gator';

const POLICIES = 30;
const PODS_PER_POLICY = 24;
const BUILD_TIMEOUT_MILLISECONDS = 600_000;
const RUN_TIMEOUT_MILLISECONDS = 300_000;

/** The last namespace does not take part. */
const namespaces = NAMESPACES_OF_PODS.map((name, index) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels: { [ENABLED_LABEL]: index < NAMESPACES_OF_PODS.length - 1 ? 'true' : 'false' },
  },
}));
const enabled: readonly string[] = NAMESPACES_OF_PODS.slice(0, -1);

/** What the reference decider says, and what Gatekeeper says, of each pod by name; sorted, none twice. */
async function judge(policy: RuntimePolicy, named: readonly NamedPod[]) {
  const decider = createDecider(policy);
  const violations = await gatorTest([
    ...constraintTemplates(),
    ...constraints(policy),
    ...namespaces,
    ...named,
  ]);
  return named.map((pod) => {
    const { namespace, name } = pod.metadata;
    const denials = enabled.includes(namespace) ? decider.validate(pod, { namespace }) : [];
    const said = violations.filter(({ object }) => object === name);
    return {
      pod,
      expected: sorted(denials.map(({ code, message }) => `${code} ${message}`)),
      actual: sorted(said.map(({ code, message }) => `${code} ${message}`)),
    };
  });
}

const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();

type NamedPod = GeneratedPod & { readonly metadata: { readonly name: string } };

function withNames(generated: readonly GeneratedPod[]): NamedPod[] {
  return generated.map((pod, index) => ({
    ...pod,
    metadata: { ...pod.metadata, name: `pod-${index}` },
  }));
}

/** @returns the codes that were heard */
async function expectEqual(
  policy: RuntimePolicy,
  generated: readonly GeneratedPod[],
): Promise<readonly string[]> {
  const judged = await judge(policy, withNames(generated));
  const different = judged.find(
    ({ expected, actual }) => JSON.stringify(expected) !== JSON.stringify(actual),
  );
  if (different !== undefined) {
    throw new Error(`Gatekeeper and the reference differ:\n${stringify({ policy, ...different })}`);
  }
  return judged.flatMap(({ actual }) => actual.map((text) => text.split(' ')[0] ?? ''));
}

beforeAll(async () => void (await buildGator()), BUILD_TIMEOUT_MILLISECONDS);

test(
  `Gatekeeper denies what the reference denies, in the same words (at least ${(POLICIES * PODS_PER_POLICY) / 2} pairs)`,
  async () => {
    const heard = new Set<string>();
    const batches = fc.array(fc.oneof({ weight: 5, arbitrary: pods }, malformedPods), {
      minLength: PODS_PER_POLICY / 2,
      maxLength: PODS_PER_POLICY,
      size: 'max',
    });
    const equal = fc.asyncProperty(policies, batches, async (policy, batch) => {
      for (const code of await expectEqual(policy, batch)) heard.add(code);
    });
    await fc.assert(equal, { seed: sampleSeed(), numRuns: POLICIES });
    expect([...heard].sort()).toEqual([...DENIAL_CODES].sort());
  },
  RUN_TIMEOUT_MILLISECONDS,
);

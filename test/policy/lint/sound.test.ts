/** What lints claim is so, for policies and pods nobody thought of. */
import * as fc from 'fast-check';
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import type { RuntimePolicy, RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { podFacts } from '../../../policy/pod/facts';
import type { PodLike } from '../../../policy/pod/pod';
import { subjectsOf } from '../../../policy/pod/subject';
import type { LintCode } from '../../../policy/lint/codes';
import { alwaysHolds, comparable, implies, neverHolds } from '../../../policy/lint/implication';
import { lintPolicy } from '../../../policy/lint/lint';
import { clauseHolds, formulaHolds, formulaOf, type Formula } from '../../../policy/rules/formula';
import { policies as otherPolicies, pods as otherPods } from '../arbitraries';
import { conditions, NAMESPACES, policies, pods, type ConditionInput } from './arbitraries';

const PODS = fc.array(pods, { minLength: 20, maxLength: 20 });
const RUNS = { numRuns: 700 };

const formula = (when: ConditionInput): Formula =>
  formulaOf(
    definePolicy({
      runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
      rules: [{ name: 'rule', when, runtime: 'gvisor' }],
    }).rules[0]?.when ?? {},
  );

const everywhere = (pod: unknown) =>
  NAMESPACES.map((namespace) => subjectsOf(podFacts(pod, { namespace })));

/** In which of the namespaces it holds of which pod. */
const outcomes = (asked: Formula, tried: readonly unknown[]) =>
  tried
    .flatMap(everywhere)
    .map((subjects) => formulaHolds(asked, (clause) => clauseHolds(clause, subjects)));

test('a condition of which the outcome is proved has it for every pod', () => {
  const proved = { never: 0, always: 0 };
  fc.assert(
    fc.property(conditions, PODS, (when, tried) => {
      const asked = formula(when);
      const never = neverHolds(asked);
      const always = alwaysHolds(asked);
      if (!never && !always) return;
      proved[never ? 'never' : 'always'] += 1;
      expect(new Set(outcomes(asked, tried))).toEqual(new Set([always]));
    }),
    RUNS,
  );
  expect(Math.min(proved.never, proved.always)).toBeGreaterThan(10);
});

test('a condition that is proved to imply another does, for every pod', () => {
  let proved = 0;
  fc.assert(
    fc.property(conditions, conditions, PODS, (when, then, tried) => {
      const [one, other] = [formula(when), formula(then)];
      const [left, right] = [comparable(one), comparable(other)];
      if (left === undefined || right === undefined || neverHolds(one) || !implies(left, right)) {
        return;
      }
      proved += 1;
      const held = outcomes(other, tried);
      outcomes(one, tried).forEach((holds, index) => {
        if (holds) expect(held[index]).toBe(true);
      });
    }),
    RUNS,
  );
  expect(proved).toBeGreaterThan(10);
});

/** Whether a pod is admitted, and with which runtime. Denials in detail and the record name rules, so they may differ. */
function outcome(policy: RuntimePolicy, pod: unknown, namespace: string) {
  const decision = createDecider(policy).decide(pod, { namespace });
  if (decision.denials.length > 0) return 'refused';
  const { metadata, spec } = decision.pod as PodLike;
  return [metadata?.labels?.[policy.labelKey], spec?.runtimeClassName];
}

function shadowed(policy: RuntimePolicy): readonly number[] {
  return indexes(policy, 'RULE_SHADOWED', /^rules\[(\d+)\]$/);
}

function indexes(policy: RuntimePolicy, code: LintCode, path: RegExp): readonly number[] {
  return lintPolicy(policy)
    .filter((lint) => lint.code === code)
    .flatMap((lint) => {
      const index = path.exec(lint.path)?.[1];
      return index === undefined ? [] : [Number(index)];
    });
}

const KINDS: [string, fc.Arbitrary<RuntimePolicyInput>, fc.Arbitrary<PodLike>][] = [
  ['of few words', policies, pods],
  ['of many words', otherPolicies(), otherPods.map(asAccepted)],
];

/** The API server refuses containers without name or image. */
function asAccepted(pod: PodLike): PodLike {
  const spec = pod.spec as Record<string, unknown>;
  const named = (list: unknown) =>
    (Array.isArray(list) ? (list as object[]) : []).map((container) => ({
      name: 'c',
      image: 'i',
      ...container,
    }));
  const containers = named(spec['containers']);
  return {
    ...pod,
    spec: {
      ...spec,
      containers: containers.length === 0 ? [{ name: 'c', image: 'i' }] : containers,
      initContainers: named(spec['initContainers']),
    },
  };
}

test.each(KINDS)('without a shadowed rule pods fare the same: %s', (_title, inputs, tried) => {
  let found = 0;
  fc.assert(
    fc.property(inputs, fc.array(tried, { minLength: 10, maxLength: 10 }), (input, some) => {
      const policy = definePolicy(input);
      for (const index of shadowed(policy)) {
        found += 1;
        const without = { ...policy, rules: policy.rules.filter((_, i) => i !== index) };
        for (const namespace of NAMESPACES) {
          for (const pod of some) {
            expect(outcome(without, pod, namespace)).toEqual(outcome(policy, pod, namespace));
          }
        }
      }
    }),
    { numRuns: 250 },
  );
  expect(found).toBeGreaterThan(0);
});

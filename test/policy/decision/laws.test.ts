/** What holds for every policy and every pod. */
import * as fc from 'fast-check';
import { applyPatch as applyRfc6902 } from 'rfc6902';
import { createDecider } from '../../../policy/decision/decide';
import { definePolicy } from '../../../policy/model/define';
import type { PodFacts } from '../../../policy/pod/facts';
import { compileMatcher } from '../../../policy/rules/compiled/compile';
import type { Rule, RuntimePolicy } from '../../../policy/model/runtime-policy';
import type { PodLike } from '../../../policy/pod/pod';
import { objectOf } from '../../../base/untrusted';
import { containers, CONTEXT, pods, policies, RUNTIMES, SANDBOX_ANNOTATIONS } from '../arbitraries';

const RUNS = { numRuns: 300 };
const LABEL = 'secure-ai.io/runtime';

const deciderOf = (policy: RuntimePolicy) => createDecider(policy, compileMatcher(policy));
const strength = (name: string | undefined) =>
  RUNTIMES.findIndex((runtime) => runtime.name === name);

test('mutation is idempotent, and what it remembers stays', () => {
  fc.assert(
    fc.property(policies(), pods, (input, pod) => {
      const { mutate, decide, select } = deciderOf(definePolicy(input));
      const first = decide(pod, CONTEXT);
      expect(mutate(first.pod, CONTEXT)).toEqual({ selection: first.selection, patch: [] });
      expect(select(first.pod, CONTEXT).runtime).toEqual(first.selection.runtime);
    }),
    RUNS,
  );
});

test('a pod that passes carries one known label and its class, unless unlabelled pods are ignored', () => {
  fc.assert(
    fc.property(policies(), pods, (input, pod) => {
      const policy = definePolicy(input);
      const decision = deciderOf(policy).decide(pod, CONTEXT);
      if (decision.denials.length > 0) return;
      const { metadata, spec } = decision.pod as PodLike;
      const label = metadata?.labels?.[LABEL];
      if (label === undefined && policy.unlabelled === 'ignore') return;
      const runtime = policy.runtimes.find(({ name }) => name === label);
      expect(runtime).toBeDefined();
      expect(spec?.runtimeClassName).toBe(runtime?.runtimeClassName);
    }),
    RUNS,
  );
});

test("validation passes no pod for the node's default runtime, mutated or not", () => {
  fc.assert(
    fc.property(policies(), pods, (input, pod) => {
      const policy = definePolicy(input);
      if (policy.unlabelled === 'ignore' || deciderOf(policy).validate(pod, CONTEXT).length > 0)
        return;
      const classes = policy.runtimes.map(({ runtimeClassName }) => runtimeClassName);
      expect(classes).toContain(pod.spec?.runtimeClassName);
    }),
    RUNS,
  );
});

test('asking for more never weakens the runtime that rules chose', () => {
  fc.assert(
    fc.property(policies({ positive: true }), pods, containers, (input, pod, container) => {
      const { select } = deciderOf(definePolicy(input));
      const main = pod.spec?.containers ?? [];
      const [first = {}, ...others] = main;
      const security = first.securityContext ?? {};
      const more: PodLike[] = [
        { ...pod, spec: { ...pod.spec, containers: [...main, container] } },
        { ...pod, spec: { ...pod.spec, hostNetwork: true, hostPID: true } },
        {
          ...pod,
          spec: {
            ...pod.spec,
            containers: [
              {
                ...first,
                securityContext: {
                  ...security,
                  runAsUser: 0,
                  privileged: true,
                  allowPrivilegeEscalation: true,
                  capabilities: { add: ['ALL'] },
                },
              },
              ...others,
            ],
          },
        },
      ];
      const before = select(pod, CONTEXT);
      if (before.source !== 'rule') return;
      for (const changed of more.filter((candidate) => isNoLess(candidate, container))) {
        const after = select(changed, CONTEXT);
        expect(after.rules).toEqual(expect.arrayContaining([...before.rules]));
        expect(strength(after.runtime?.name)).toBeGreaterThanOrEqual(
          strength(before.runtime?.name),
        );
      }
    }),
    { numRuns: 600 },
  );
});

/** A container that requests a negative quantity, which the API server refuses, takes away from the pod's sum. */
function isNoLess(pod: PodLike, container: object): boolean {
  const added = pod.spec?.containers?.includes(container) === true;
  return !added || !JSON.stringify(container).includes('"-1"');
}

test('a larger request never weakens the runtime that rules chose', () => {
  fc.assert(
    fc.property(policies({ positive: true }), pods, (input, pod) => {
      const { select } = deciderOf(definePolicy(input));
      const [first = {}, ...others] = pod.spec?.containers ?? [];
      const requests = { ...first.resources?.requests, ...first.resources?.limits };
      const large = Object.fromEntries(Object.keys(requests).map((name) => [name, '1Ei']));
      const resources = { limits: large, requests: large };
      const changed = {
        ...pod,
        spec: { ...pod.spec, containers: [{ ...first, resources }, ...others] },
      };
      const [before, after] = [select(pod, CONTEXT), select(changed, CONTEXT)];
      if (before.source !== 'rule') return;
      expect(strength(after.runtime?.name)).toBeGreaterThanOrEqual(strength(before.runtime?.name));
    }),
    RUNS,
  );
});

test('the order of keys, rules, requirements and containers does not matter', () => {
  const reversed = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, inner]) => [key, reversed(inner)]),
        );
  fc.assert(
    fc.property(policies(), pods, (input, pod) => {
      const policy = definePolicy(input);
      const { rules = [], required = [] } = input;
      const turnedPolicy = definePolicy({
        ...(reversed(input) as typeof input),
        rules: [...rules].reverse().map((rule) => reversed(rule) as (typeof rules)[number]),
        required: [...required].reverse(),
      });
      const spec = { ...pod.spec, containers: [...(pod.spec?.containers ?? [])].reverse() };
      const turned = reversed({ ...pod, spec });
      const [a, b] = [deciderOf(policy), deciderOf(turnedPolicy)];
      expect(b.select(turned, CONTEXT)).toEqual(a.select(pod, CONTEXT));
      expect(b.validate(turned, CONTEXT)).toEqual(a.validate(pod, CONTEXT));
    }),
    RUNS,
  );
});

test('an annotation of the sandbox never turns a refusal into an admission, nor changes what is chosen', () => {
  fc.assert(
    fc.property(policies(), pods, fc.constantFrom(...SANDBOX_ANNOTATIONS), (input, pod, key) => {
      const { decide } = deciderOf(definePolicy(input));
      const annotations = { ...pod.metadata?.annotations, [key]: 'x' };
      const before = decide(pod, CONTEXT);
      const after = decide({ ...pod, metadata: { ...pod.metadata, annotations } }, CONTEXT);
      expect(after.selection).toEqual(before.selection);
      const isAllowed = key === SANDBOX_ANNOTATIONS[0] && classOf(after.pod) === 'kata-qemu';
      if (isAllowed) expect(after.denials).toEqual(before.denials);
      else expect(after.denials.map(({ code }) => code)).toContain('HOLLOW_SANDBOX');
      for (const { code } of before.denials.filter(({ code }) => code !== 'UNSANDBOXED'))
        expect(after.denials.map((denial) => denial.code)).toContain(code);
    }),
    RUNS,
  );
});

const classOf = (pod: unknown) => (pod as PodLike).spec?.runtimeClassName;

test('the patch gives the same pod when an RFC 6902 library applies it, and changes nothing else', () => {
  fc.assert(
    fc.property(policies(), pods, (input, pod) => {
      const { patch, pod: mutated } = deciderOf(definePolicy(input)).decide(pod, CONTEXT);
      const copy = structuredClone(pod);
      expect(
        applyRfc6902(copy, patch as Parameters<typeof applyRfc6902>[1]).filter(Boolean),
      ).toEqual([]);
      expect(copy).toEqual(mutated);
      const { spec } = mutated as PodLike;
      expect({ ...spec, runtimeClassName: null }).toEqual({ ...pod.spec, runtimeClassName: null });
    }),
    RUNS,
  );
});

const hostile = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc
    .tuple(pods, fc.jsonValue({ maxDepth: 2 }), fc.nat())
    .map(([pod, value, position]) => replaceOne(pod, value, position)),
);

test('a pod is matched once per decision, which is that of mutating and then validating the patched pod', () => {
  fc.assert(
    fc.property(policies(), fc.oneof(pods, hostile), (input, pod) => {
      const policy = definePolicy(input);
      const matcher = compileMatcher(policy);
      const matching = jest.fn((facts: PodFacts) => matcher.matching(facts));
      const {
        selection,
        patch,
        pod: patched,
        denials,
      } = createDecider(policy, { matching }).decide(pod, CONTEXT);
      expect(matching).toHaveBeenCalledTimes(1);
      const { mutate, validate } = createDecider(policy, matcher);
      expect({ selection, patch }).toEqual(mutate(pod, CONTEXT));
      expect(denials).toEqual(validate(patched, CONTEXT));
    }),
    { numRuns: 600 },
  );
});

test('hostile values neither throw nor get in', () => {
  fc.assert(
    fc.property(policies(), hostile, (input, pod) => {
      const policy = definePolicy(input);
      const { decide, validate } = deciderOf(policy);
      const decision = decide(pod, CONTEXT);
      expect(createDecider(policy).decide(pod, CONTEXT)).toEqual(decision);
      if (objectOf(pod) !== undefined) expect(validate(pod, CONTEXT, pod)).toEqual([]);
      const { spec } = Object(decision.pod) as PodLike;
      const classes: unknown[] = policy.runtimes.map((runtime) => runtime.runtimeClassName);
      if (decision.denials.length === 0 && policy.unlabelled !== 'ignore') {
        expect(classes).toContain(spec?.runtimeClassName);
      }
    }),
    { numRuns: 600 },
  );
});

/** The pod with the value somewhere in it, wherever the position leads. */
function replaceOne(pod: unknown, value: unknown, position: number): unknown {
  if (typeof pod !== 'object' || pod === null) return value;
  const entries = Object.entries(pod);
  const entry: readonly [string, unknown] | undefined =
    entries[position % Math.max(entries.length, 1)];
  const [key, inner] = entry ?? ['spec', undefined];
  const changed = position % 3 === 0 ? value : replaceOne(inner, value, Math.floor(position / 3));
  return Array.isArray(pod) ? [changed] : { ...pod, [key]: changed };
}

test('rules are data: a name from the prototype is a name like any other', () => {
  const named = (name: string): Rule['when'] => ({ pod: { labels: { [name]: { exists: true } } } });
  const { select } = deciderOf(
    definePolicy({
      runtimes: RUNTIMES,
      rules: [{ name: 'constructor', when: named('constructor'), runtime: 'kata' }],
      unlabelled: 'ignore',
    }),
  );
  expect(select({ metadata: { labels: {} } }, CONTEXT).rules).toEqual([]);
  expect(select({ metadata: { labels: { constructor: '' } } }, CONTEXT).rules).toEqual([
    'constructor',
  ]);
  const polluted: unknown = JSON.parse('{"metadata":{"labels":{"__proto__":"kata"}}}');
  expect(select(polluted, CONTEXT).rules).toEqual([]);
});

/** A decision record says "decide for me" and no more, whoever wrote it. */
import * as fc from 'fast-check';
import type { Decision } from '../../../policy/decision/decide';
import { CONTEXT, pods, RUNTIMES } from '../arbitraries';
import { admit, withoutEmpty, type Pod } from './api-server';
import { CLASSES, decidersOf, fullPolicies } from './sandboxes';

const RUNS = { numRuns: 150 };
const LABEL = 'secure-ai.io/runtime';
const ANNOTATION = 'secure-ai.io/decision';

interface Claim {
  readonly runtime?: string;
  readonly source: string;
  readonly rules: 'none' | 'matching';
  readonly policy: 'current' | 'other';
}

const claims: fc.Arbitrary<Claim> = fc
  .record({
    runtime: fc.constantFrom('gvisor', 'firecracker', 'kata', '__proto__'),
    source: fc.constantFrom('label', 'class', 'rule', 'default', 'exempt'),
    rules: fc.constantFrom('none' as const, 'matching' as const),
    policy: fc.constantFrom('current' as const, 'other' as const),
  })
  .map(({ runtime, ...claim }) => (claim.source === 'exempt' ? claim : { ...claim, runtime }));

function withRecord(
  pod: Pod,
  { rules, policy, ...claim }: Claim,
  matching: readonly string[],
  hash: string,
): Pod {
  const record = {
    ...claim,
    rules: rules === 'matching' ? matching : [],
    policy: policy === 'current' ? hash : '000000000000',
  };
  const annotations = { ...pod.metadata?.annotations, [ANNOTATION]: JSON.stringify(record) };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

/** The pod without the label and the class that the claim says the mutator has set. */
function honest(pod: Pod, { runtime, source }: Claim): Pod {
  const labels = { ...pod.metadata?.labels };
  const spec = { ...pod.spec };
  if (source !== 'label' && runtime !== undefined && labels[LABEL] === runtime)
    delete labels[LABEL];
  const claimed = RUNTIMES.find(({ name }) => name === runtime)?.runtimeClassName;
  if (source !== 'class' && claimed !== undefined && spec.runtimeClassName === claimed)
    delete spec.runtimeClassName;
  return { ...pod, metadata: { ...pod.metadata, labels }, spec };
}

/** What is decided, apart from what the API server copies from the class. */
function outcome({ selection, denials, pod }: Decision) {
  const { metadata = {}, spec = {} } = pod as Pod;
  return {
    selection,
    denials,
    metadata: withoutEmpty(metadata),
    runtimeClassName: spec.runtimeClassName,
  };
}

test('a pod with a record, true or forged, gets what it would get without the label and class the record claims', () => {
  fc.assert(
    fc.property(fullPolicies, pods, claims, (input, pod, claim) => {
      const { knowing, hash } = decidersOf(input);
      const origin = honest(pod, claim);
      const truth = knowing.decide(origin, CONTEXT);
      const forged = withRecord(pod, claim, truth.selection.rules, hash);
      expect(outcome(knowing.decide(forged, CONTEXT))).toEqual(outcome(truth));
    }),
    RUNS,
  );
});

test('so the same is stored, with the overhead, node selector and tolerations of the chosen class', () => {
  fc.assert(
    fc.property(fullPolicies, pods, claims, (input, pod, claim) => {
      const { knowing, hash } = decidersOf(input);
      const origin = honest(pod, claim);
      const truth = admit(knowing, CLASSES, origin);
      const { rules } = knowing.select(origin, CONTEXT);
      const forged = admit(knowing, CLASSES, withRecord(pod, claim, rules, hash));
      // The plugin refuses a class that does not exist before the webhook can take it away.
      if (forged.refusal === undefined) expect(forged).toEqual(truth);
      else expect(pod.spec?.runtimeClassName).toMatch(/^(runc)?$/);
    }),
    RUNS,
  );
});

test('where RuntimeClasses are not known it may also be judged as written, record or not', () => {
  fc.assert(
    fc.property(fullPolicies, pods, claims, (input, pod, claim) => {
      const { ignorant, hash } = decidersOf(input);
      const truth = ignorant.decide(honest(pod, claim), CONTEXT);
      const forged = withRecord(pod, claim, truth.selection.rules, hash);
      expect([truth, ignorant.decide(pod, CONTEXT)].map(outcome)).toContainEqual(
        outcome(ignorant.decide(forged, CONTEXT)),
      );
    }),
    RUNS,
  );
});

test('an annotation that is no record changes nothing', () => {
  fc.assert(
    fc.property(fullPolicies, pods, fc.oneof(fc.json(), fc.string()), (input, pod, text) => {
      const { knowing } = decidersOf(input);
      const annotations = { ...pod.metadata?.annotations, [ANNOTATION]: text };
      const annotated = { ...pod, metadata: { ...pod.metadata, annotations } };
      expect(outcome(knowing.decide(annotated, CONTEXT))).toEqual(
        outcome(knowing.decide(pod, CONTEXT)),
      );
    }),
    { numRuns: 100 },
  );
});

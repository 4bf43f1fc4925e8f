/** How often a pod counts, under which enforcement, and how many warnings an answer has. Whole answers are goldens. */
import { Registry } from 'prom-client';
import { definePolicy } from '../../../policy/model/define';
import type { Enforcement, RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import { applyPatch } from '../../../policy/decision/patch';
import { countDecision, createMetrics } from '../../../webhook-src/server/metrics';
import { compileDecider } from '../../../webhook-src/server/policy-file';
import { reviewPod, type PodReview } from '../../../webhook-src/server/review-pod';
import { EXAMPLE, makePod } from '../../policy/fixtures';

type Changes = Partial<RuntimePolicyInput>;

function reviewed(object: unknown, changes: Changes): PodReview {
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const request = { uid: 'u', operation: 'CREATE', resource, namespace: 'team-a', object };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const decider = compileDecider({
    policy: definePolicy({ ...EXAMPLE, ...changes }),
    runtimeClasses: [],
  });
  const verdict = reviewPod(Buffer.from(JSON.stringify(review)), decider);
  if ('refused' in verdict) throw new Error(verdict.refused);
  return verdict;
}

interface Answer {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
}

const answerOf = ({ body }: PodReview) => (JSON.parse(body) as { response: Answer }).response;

/** The pod as the API server goes on with it. */
function patched(pod: unknown, review: PodReview): unknown {
  const { patch = '' } = answerOf(review);
  const text = Buffer.from(patch, 'base64').toString() || '[]';
  return applyPatch(pod, JSON.parse(text) as Parameters<typeof applyPatch>[1]);
}

/** Series above zero: `kata rule deny` and `RULE_VIOLATED deny`, with their values. */
async function countsOf(...reviews: readonly PodReview[]): Promise<Record<string, number>> {
  const metrics = createMetrics(new Registry());
  for (const { logFields } of reviews) if (logFields) countDecision(metrics, logFields);
  const series = [
    ...(await metrics.decisions.get()).values.map(({ labels, value }) => ({
      name: [labels.runtime, labels.source, labels.enforcement].join(' '),
      value,
    })),
    ...(await metrics.denials.get()).values.map(({ labels, value }) => ({
      name: [labels.code, labels.enforcement].join(' '),
      value,
    })),
  ];
  return Object.fromEntries(
    series.filter(({ value }) => value > 0).map(({ name, value }) => [name, value]),
  );
}

const TORCH = makePod({ image: 'pytorch', cpu: '5' });
const REFUSED = makePod({ image: 'pytorch', cpu: '5', label: 'gvisor' });
const ASKS_FOR_NOTHING = { unlabelled: 'ignore' } as const;

describe('counts', () => {
  test.each([
    ['chosen by rule', TORCH, {}],
    ['refused', REFUSED, {}],
    ['left alone', makePod(), ASKS_FOR_NOTHING],
    [
      'exempt',
      makePod({ image: 'agent' }),
      {
        rules: [
          {
            name: 'a',
            when: { container: { image: { contains: 'agent' } } },
            exempt: 'it is ours',
          },
        ],
      },
    ],
  ] as const)('warn and audit count what deny does with a pod %s', async (_what, pod, changes) => {
    const at = (enforcement: Enforcement) =>
      countsOf(reviewed(pod, { ...(changes as Changes), enforcement }));
    const done = await at('deny');
    for (const soft of ['warn', 'audit'] as const)
      expect(await at(soft)).toEqual(
        Object.fromEntries(
          Object.entries(done).map(([name, value]) => [name.replace(/deny$/, soft), value]),
        ),
      );
    expect(Object.keys(done)).not.toEqual([]);
  });

  test.each([
    ['chosen by rule', TORCH, 'kata rule deny'],
    ['that names its runtime', makePod({ label: 'gvisor' }), 'gvisor label deny'],
    ['that nothing is known of', makePod(), 'kata default deny'],
  ])('a pod %s counts once however often the API server calls', async (_what, pod, name) => {
    const changes = { guardrails: { hostPID: 'warn' } } as const;
    const created = { ...pod, spec: { ...pod.spec, hostPID: true } };
    const first = reviewed(created, changes);
    const second = reviewed(patched(created, first), changes);
    expect([first, second].map((review) => review.logFields?.isRepeated)).toEqual([false, true]);
    expect(await countsOf(first, second, second)).toEqual({
      [name]: 1,
      [name.replace('deny', 'warn')]: 1,
      'HOLLOW_SANDBOX warn': 1,
    });
  });

  test('a pod that is refused when the API server calls again counts as refused', async () => {
    const first = reviewed(makePod(), {});
    const changed = patched(makePod(), first) as ReturnType<typeof makePod>;
    const second = reviewed({ ...changed, spec: { ...changed.spec, hostPID: true } }, {});
    expect(await countsOf(second)).toMatchObject({ 'HOLLOW_SANDBOX deny': 1 });
  });

  test('every series of denials exists from the start', async () => {
    const { values } = await createMetrics(new Registry()).denials.get();
    expect(values).toContainEqual({ value: 0, labels: { code: 'DENIED', enforcement: 'audit' } });
  });
});

test.each([
  [15, 15, []],
  [16, 16, []],
  [17, 16, ['and 2 more']],
  [60, 16, ['and 45 more']],
])('of %d denials under warn the answer has %d warnings', (count, length, last) => {
  const rules = Array.from({ length: count }, (_, index) => ({
    name: `r${index}`,
    when: { pod: { namespace: 'team-a' } },
    deny: 'x'.repeat(200),
  }));
  const { warnings = [] } = answerOf(reviewed(makePod(), { rules, enforcement: 'warn' }));
  expect(warnings).toHaveLength(length);
  expect(warnings.slice(-1).filter((text) => text.startsWith('and '))).toEqual(last);
  expect(Math.max(...warnings.map((text) => text.length))).toBeLessThanOrEqual(256);
  expect(warnings.join('').length).toBeLessThanOrEqual(4096);
});

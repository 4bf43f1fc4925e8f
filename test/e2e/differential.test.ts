/**
 * Generated policies and pods through the real API server, the mutator and Gatekeeper, against the reference decider: the same
 * outcome, codes, messages and final pod. A pod that is refused is refused by the mutator, before Gatekeeper is asked, so what the
 * reference makes of it is sent once more past the mutator.
 *
 * What the reference is asked about is the pod as the webhooks see it: decoded, defaulted and worked on by the admission plugins
 * before them. That is what comes back from a namespace the platform is not turned on for, so each pod is sent twice, to such a
 * namespace first, always as a dry run. Two things differ rightly between what is sent and what is judged, and show in it:
 * quantities are canonical and rounded up to milli-units, and volumes without a source have become emptyDirs. Left out of the
 * comparison of final pods is what the RuntimeClass plugin adds after the mutator; it is compared with the class itself.
 *
 * `FC_SEED` repeats a run: failures name the seed.
 */
import { textOf } from '../../policy/decision/validate';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { stringAt, valueAt } from '../../kubernetes/object';
import { createDecider, type Decider } from '../../policy/decision/decide';
import { DENIAL_CODES } from '../../policy/decision/decision';
import { definePolicy } from '../../policy/model/define';
import { policyHash } from '../../policy/model/policy-hash';
import { parseRuntimeClasses, type RuntimeClass } from '../../policy/model/runtime-class';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { referenceMatcher } from '../../policy/rules/match';
import { DECISION_ANNOTATION } from '../../base/names';
import { enforcedPolicies } from '../fixtures/arbitraries';
import { sampleSeed } from '../oracle/seed';
import {
  acceptedPods,
  RUNTIME_CLASSES,
  SERVICE_ACCOUNTS,
  type AcceptedPod,
} from './support/accepted-pods';
import type { Answer } from '../fixtures/api-server';
import { LAYERS, makeLayersOptional, restoreLayers, without } from './support/layers';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { PLANNED, plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { messageOf, pod, refusalOf, tryPod } from '../fixtures/pods';
import { enforce, restorePolicy } from './support/policy-switch';

const POLICIES = 25;
const PODS_PER_POLICY = 20;

/** Requirements of generated policies name the first, conditions the prefix of both. */
const NAMESPACES = ['team-a', 'team-b'] as const;

jest.setTimeout(1_800_000);

let platform: Platform;
let planned: Planned;
/** Pods come back from here as the webhooks of other namespaces see them. */
let plain: string;
const overheads = new Map<string, unknown>();
/** Those that the mutator knows; of the other runtimes of generated policies it exchanges none. */
let known: readonly RuntimeClass[];

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  const policyMap = planned.objects.find(({ id }) => id === PLANNED.policy)?.manifest;
  known = parseRuntimeClasses(
    JSON.parse(stringAt(policyMap, 'data', 'runtime-classes.json') ?? ''),
  );
  const serviceAccounts = SERVICE_ACCOUNTS;
  plain = await makeNamespace(platform, 'e2e-plain-', { serviceAccounts });
  for (const name of NAMESPACES)
    await makeNamespace(platform, name, { labels: ENABLED, serviceAccounts });
  for (const [index, { name, handler }] of RUNTIME_CLASSES.entries()) {
    const podFixed = { cpu: `${index + 1}m`, memory: `${index + 1}Mi` };
    const metadata = { name };
    const body = { apiVersion, kind: 'RuntimeClass', metadata, handler, overhead: { podFixed } };
    // The platform's own stays as it is.
    await platform.server.send({ method: 'POST', path: CLASSES, body });
    const live = await platform.api.get({ apiVersion, kind: 'RuntimeClass', name });
    overheads.set(name, valueAt(live, 'overhead', 'podFixed'));
  }
  await makeLayersOptional(platform, planned, NAMESPACES[0]);
});

afterAll(async () => {
  // The policy first: a configuration counts as ready again when the mutator answers by the planned one.
  await restorePolicy(platform, planned);
  await restoreLayers(planned);
  await deleteNamespaces(platform, [plain, ...NAMESPACES]);
  const kept = platform.policy.runtimes.map(({ runtimeClassName }) => runtimeClassName);
  for (const { name } of RUNTIME_CLASSES.filter(({ name }) => !kept.includes(name)))
    await platform.server.send({ method: 'DELETE', path: `${CLASSES}/${name}` });
  platform.close();
});

const apiVersion = 'node.k8s.io/v1';
const CLASSES = `/apis/${apiVersion}/runtimeclasses`;

const reference = (policy: RuntimePolicy): Decider =>
  createDecider(policy, referenceMatcher(policy), known);

/** What becomes of a pod. */
interface Verdict {
  /** Of the mutator, as codes and messages; none where it admits the pod. */
  readonly denied: readonly string[];
  /** Of Gatekeeper, as messages; none where the pod is admitted. */
  readonly refused: readonly string[];
  /** Without what neither mutator nor reference has a hand in; undefined where the pod is refused. */
  readonly pod: unknown;
  /** Of the pod; what a sandbox costs is no decision of the mutator's, but shows that its decision took effect. */
  readonly overhead: unknown;
}

interface Compared {
  readonly expected: Verdict;
  readonly actual: Verdict;
}

/** Undefined for a pod the API server refuses whatever the policy is. */
async function compare(
  policy: RuntimePolicy,
  decider: Decider,
  generated: AcceptedPod,
): Promise<Compared | undefined> {
  const pod = withForgery(generated, policyHash(policy));
  const { namespace } = pod.metadata;
  const seen = await tryPod(platform, { ...pod, metadata: { ...pod.metadata, namespace: plain } });
  if (seen.status !== 201) return undefined;
  const decision = decider.decide(inNamespace(seen.body, namespace), { namespace });
  const answer = await tryPod(platform, pod);
  const past =
    answer.status === 201
      ? answer
      : await tryPod(platform, pastMutator(decision.pod as AcceptedPod['pod']));
  return { expected: expectedOf(decision), actual: actualOf(answer, past) };
}

/** As the mutator should have left it, for Gatekeeper alone to judge. */
function pastMutator({ metadata, spec }: AcceptedPod['pod']): AcceptedPod['pod'] {
  const { name, namespace, annotations = {} } = metadata;
  const labels = { ...metadata.labels, ...without('mutator') };
  return { metadata: { name, namespace, annotations, labels }, spec };
}

function withForgery({ pod, forgery }: AcceptedPod, hash: string): AcceptedPod['pod'] {
  if (forgery === undefined) return pod;
  const { runtime, source } = forgery;
  const forged = JSON.stringify({ runtime, source, rules: [], policy: hash });
  const annotations = { ...pod.metadata.annotations, [DECISION_ANNOTATION]: forged };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

function inNamespace(pod: Answer['body'], namespace: string): object {
  return { ...pod, metadata: { ...(pod['metadata'] as object), namespace } };
}

function expectedOf({ pod, denials }: ReturnType<Decider['decide']>): Verdict {
  const isRefused = denials.length > 0;
  return {
    denied: sorted(denials.map((denial) => `${denial.code}: ${textOf(denial)}`)),
    refused: sorted(denials.map(textOf)),
    pod: isRefused ? undefined : decided(pod),
    overhead: isRefused
      ? undefined
      : overheads.get(stringAt(pod, 'spec', 'runtimeClassName') ?? ''),
  };
}

/** @param past the answer to the pod without the mutator, where that refused it */
function actualOf(answer: Answer, past: Answer): Verdict {
  const { status, body } = answer;
  const isRefused = status !== 201;
  return {
    denied: isRefused ? sorted(linesBy(LAYERS.mutator, answer)) : [],
    refused: past.status === 201 ? [] : sorted(linesBy(LAYERS.gatekeeper, past).map(reasonOf)),
    pod: isRefused ? undefined : decided(body),
    overhead: isRefused ? undefined : valueAt(body, 'spec', 'overhead'),
  };
}

/** The lines of a refusal by that webhook; whatever else was answered shows as it is, and is equal to nothing. */
function linesBy(webhook: string, answer: Answer): string[] {
  const refusal = refusalOf(answer);
  return refusal?.by === webhook ? refusal.message.split('\n') : [messageOf(answer.body)];
}

/** Gatekeeper has one line for each constraint that is violated, led by its name in brackets. */
function reasonOf(line: string): string {
  return line.replace(/^\[[^\]]*\] /, '');
}

function decided(pod: unknown): unknown {
  // An empty map is no map to the API server.
  const map = (name: string) => Object.entries(valueAt(pod, 'metadata', name) ?? {});
  const spec = Object.entries(valueAt(pod, 'spec') as object);
  return {
    labels: Object.fromEntries(map('labels')),
    annotations: Object.fromEntries(map('annotations')),
    spec: Object.fromEntries(spec.filter(([name]) => !OF_THE_CLASS.has(name))),
  };
}

/** What a RuntimeClass brings into `spec` (kubernetes plugin/pkg/admission/runtimeclass, v1.36.3). */
const OF_THE_CLASS: ReadonlySet<string> = new Set(['overhead', 'nodeSelector', 'tolerations']);

const sorted = (texts: readonly string[]) => [...new Set(texts)].sort();

const isEqual = ({ expected, actual }: Compared) => isDeepStrictEqual(expected, actual);

/** Policies with a part less, which may fail the same pod and are easier to read. */
function simpler(policy: RuntimePolicy): RuntimePolicy[] {
  const { rules, required } = policy;
  return [
    ...rules.map((rule) => ({ ...policy, rules: rules.filter((one) => one !== rule) })),
    ...required.map((one) => ({ ...policy, required: required.filter((other) => other !== one) })),
  ];
}

/** The failing pair, shrunk: the pod by fast-check, then the policy part by part. */
async function shrunk(policy: RuntimePolicy, pod: AcceptedPod): Promise<string> {
  for (const candidate of simpler(policy)) {
    await enforce(platform, planned, candidate);
    const compared = await compare(candidate, reference(candidate), pod);
    if (compared !== undefined && !isEqual(compared)) return shrunk(candidate, pod);
  }
  await enforce(platform, planned, policy);
  const compared = await compare(policy, reference(policy), pod);
  return stringify({ policy, pod: withForgery(pod, policyHash(policy)), ...compared });
}

/** Only few of the generated pods are like this one, and what becomes of it depends on the policy most. */
const SAYS_NOTHING: AcceptedPod = {
  pod: pod({ name: 'generated', namespace: NAMESPACES[1] }),
  forgery: undefined,
};

/** Says everything: by chance a generated pod seldom has a label that the policy knows. */
function labelled({ labelKey, runtimes }: RuntimePolicy): AcceptedPod[] {
  return runtimes.map(({ name }) => ({
    pod: pod({ name: 'generated', namespace: NAMESPACES[1], labels: { [labelKey]: name } }),
    forgery: undefined,
  }));
}

/** Refuses, exempts and asks for a minimum, which generated policies seldom do to the pods they are tried on. */
function withRareEffects({ labelKey, runtimes }: RuntimePolicy): RuntimePolicy {
  return definePolicy({
    labelKey,
    runtimes: [...runtimes],
    rules: [
      { name: 'refuses', when: { container: { name: 'refused' } }, deny: 'not here' },
      { name: 'exempts', when: { container: { name: 'exempted' } }, exempt: 'left alone' },
    ],
    minimum: [{ namespaces: [NAMESPACES[1]], runtime: runtimes.at(-1)?.name ?? '' }],
    unlabelled: 'deny',
  });
}

const OF_RARE_EFFECTS: readonly AcceptedPod[] = ['refused', 'exempted'].map((container) => ({
  pod: pod({ name: 'generated', namespace: NAMESPACES[1], container }),
  forgery: undefined,
}));

/** As generated, but for an even share of what policies can do about pods that say and show nothing. */
function sampledPolicies(seed: number): RuntimePolicy[] {
  const sampled = fc.sample(enforcedPolicies, { seed, numRuns: POLICIES }).map((policy, index) => {
    const assign = policy.runtimes[0]?.name ?? '';
    const unlabelled = ([{ assign }, 'deny', 'ignore'] as const)[index % 3] ?? 'deny';
    return { ...policy, unlabelled };
  });
  return [...sampled, ...sampled.slice(0, 1).map(withRareEffects)];
}

test(`${POLICIES * PODS_PER_POLICY} pairs of policy and pod come out as the reference says`, async () => {
  const seed = sampleSeed();
  const seen = new Set<string>();
  for (const policy of sampledPolicies(seed)) {
    await enforce(platform, planned, policy);
    const decider = reference(policy);
    const equal = fc.asyncProperty(acceptedPods(NAMESPACES), async (pod) => {
      const compared = await compare(policy, decider, pod);
      fc.pre(compared !== undefined);
      outcomesOf(compared.actual).forEach((outcome) => seen.add(outcome));
      return isEqual(compared);
    });
    const run = await fc.check(equal, {
      seed,
      numRuns: PODS_PER_POLICY,
      examples: [SAYS_NOTHING, ...labelled(policy), ...OF_RARE_EFFECTS].map((example) => [example]),
    });
    const [failing] = run.counterexample ?? [];
    if (failing !== undefined) {
      const pair = await shrunk(policy, failing);
      throw new Error(`FC_SEED=${seed}\n${pair}`, { cause: run.errorInstance });
    }
    if (run.failed) throw new Error(`FC_SEED=${seed}: the API server accepts too few of the pods`);
  }
  // Otherwise fewer things were compared than the test seems to compare.
  expect([...seen].sort()).toEqual(
    [...DENIAL_CODES, 'label', 'class', 'rule', 'default', 'exempt'].sort(),
  );
});

/** Codes of the denials, or where the choice came from. */
function outcomesOf({ denied, pod: admitted }: Verdict): string[] {
  const decision = stringAt(admitted, 'annotations', DECISION_ANNOTATION);
  const source = decision && stringAt(JSON.parse(decision), 'source');
  return [...denied.map((text) => text.split(':')[0] ?? ''), ...(source ? [source] : [])];
}

/**
 * Generated policies, as MutatingAdmissionPolicy and ValidatingAdmissionPolicy, in the real API server against the reference decider: the same
 * outcome, messages and final pod. Pods are sent as dry runs, to a namespace that only these policies are for, and before that to one that
 * nothing is for: what comes back from there is what the policies see. `FC_SEED` repeats a run: failures name the seed.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { stringAt, valueAt } from '../../kubernetes/object';
import { DECISION_ANNOTATION } from '../../base/names';
import { createDecider, type Decider } from '../../policy/decision/decide';
import { textOf } from '../../policy/decision/validate';
import { mutatingAdmissionPolicies, validatingAdmissionPolicies } from '../../policy/engines/cel';
import { definePolicy } from '../../policy/model/define';
import { policyHash } from '../../policy/model/policy-hash';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { enforcedPolicies } from '../fixtures/arbitraries';
import type { Answer } from '../fixtures/api-server';
import { messageOf, pod, tryPod } from '../fixtures/pods';
import { sampleSeed } from '../oracle/seed';
import {
  acceptedPods,
  RUNTIME_CLASSES,
  SERVICE_ACCOUNTS,
  type AcceptedPod,
} from './support/accepted-pods';
import { deleteNamespaces, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import { NotYet, until } from './support/wait';

const POLICIES = 15;
const PODS_PER_POLICY = 20;

/** Requirements and minimums of generated policies name it. The platform is not turned on for it. */
const NAMESPACE = 'team-a';

jest.setTimeout(1_200_000);

let platform: Platform;
let plain: string;
let addedClasses: readonly string[];

beforeAll(async () => {
  platform = await connectPlatform();
  const serviceAccounts = SERVICE_ACCOUNTS;
  plain = await makeNamespace(platform, 'e2e-plain-', { serviceAccounts });
  await makeNamespace(platform, NAMESPACE, { serviceAccounts });
  const answers = await Promise.all(
    RUNTIME_CLASSES.map(async ({ name, handler }) => {
      const body = {
        apiVersion: 'node.k8s.io/v1',
        kind: 'RuntimeClass',
        metadata: { name },
        handler,
      };
      return { name, ...(await platform.server.send({ method: 'POST', path: CLASSES, body })) };
    }),
  );
  addedClasses = answers.filter(({ status }) => status === 201).map(({ name }) => name);
});

const CLASSES = '/apis/node.k8s.io/v1/runtimeclasses';
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const RESOURCES = {
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
  MutatingAdmissionPolicyBinding: 'mutatingadmissionpolicybindings',
} as const;

afterAll(async () => {
  for (const { kind, metadata } of manifestsOf(definePolicy(SMALLEST), 0)) {
    await platform.server.send({ method: 'DELETE', path: pathOf(kind, metadata.name) });
  }
  await deleteNamespaces(platform, [plain, NAMESPACE]);
  for (const name of addedClasses) {
    await platform.server.send({ method: 'DELETE', path: `${CLASSES}/${name}` });
  }
  platform.close();
});

const SMALLEST = {
  runtimes: [{ name: 'kata', runtimeClassName: 'kata-qemu', handler: 'kata-qemu' }],
};

function pathOf(kind: keyof typeof RESOURCES, name: string): string {
  return `${ADMISSION}/${RESOURCES[kind]}/${name}`;
}

/** Of one scope and one stage: what is only warned of or audited comes out as nothing here, and tenants are other namespaces. */
const policies = enforcedPolicies.map((policy): RuntimePolicy => {
  const isEnforced = (value: unknown) =>
    typeof value === 'object'
      ? valueAt(value, 'otherwise') === 'deny'
      : value !== 'warn' && value !== 'audit';
  const guardrails = Object.entries(policy.guardrails).filter(([, value]) => isEnforced(value));
  return { ...policy, tenants: [], guardrails: Object.fromEntries(guardrails) };
});

/** Of the one scope of the policy, for the namespace of this test alone; the page of its messages tells one policy from the next. */
function manifestsOf(policy: RuntimePolicy, index: number) {
  const manifests = [
    ...validatingAdmissionPolicies({ ...policy, helpUrl: pageOf(index) }),
    ...mutatingAdmissionPolicies(policy),
  ];
  return manifests.map((manifest) =>
    'matchConstraints' in manifest.spec
      ? { ...manifest, spec: { ...manifest.spec, matchConstraints: here(manifest) } }
      : manifest,
  );
}

/** Label of a pod that is mutated and not judged, so that what the mutation made of it shows. */
const UNJUDGED = 'e2e.secure-ai.io/unjudged';

function here({ kind, spec }: { readonly kind: string; readonly spec: object }) {
  const matchLabels = { 'kubernetes.io/metadata.name': NAMESPACE };
  const isJudged = { matchExpressions: [{ key: UNJUDGED, operator: 'DoesNotExist' }] };
  return {
    ...(spec as { matchConstraints: object }).matchConstraints,
    namespaceSelector: { matchLabels },
    ...(kind === 'ValidatingAdmissionPolicy' && { objectSelector: isJudged }),
  };
}

const pageOf = (index: number): string => `https://example.com/policies/${index}`;

async function enforce(policy: RuntimePolicy, index: number): Promise<void> {
  for (const body of manifestsOf(policy, index)) {
    const path = `${pathOf(body.kind, body.metadata.name)}?fieldManager=e2e&force=true`;
    const answer = await platform.server.send({ method: 'PATCH', path, body, contentType: APPLY });
    if (answer.status > 201) throw new Error(messageOf(answer.body));
  }
  const asked = (label: string, labels = {}) =>
    tryPod(
      platform,
      pod({ namespace: NAMESPACE, labels: { [policy.labelKey]: label, ...labels } }),
    );
  await until('the policies are in force', async () => {
    const refused = messageOf((await asked('no-such-runtime')).body);
    const { body } = await asked(policy.runtimes[0]?.name ?? '', { [UNJUDGED]: '' });
    const record = stringAt(body, 'metadata', 'annotations', DECISION_ANNOTATION) ?? '';
    return (
      (refused.endsWith(pageOf(index)) && record.includes(policyHash(policy))) ||
      new NotYet([refused, record, messageOf(body)])
    );
  });
}

const APPLY = 'application/apply-patch+yaml';

interface Compared {
  readonly pod: object;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Undefined for a pod the API server refuses whatever the policy is. */
const UNTRIED = ['ephemeralContainers', 'priorityClassName', 'resourceClaims', 'os', 'hostUsers'];

/** Without what the API server mostly refuses of generated pods. */
function tried({ metadata, spec }: AcceptedPod['pod']) {
  const members = Object.entries(spec).filter(([name]) => !UNTRIED.includes(name));
  const text = JSON.stringify(Object.fromEntries(members), (name, value: unknown) =>
    ['env', 'ports', 'procMount', 'seccompProfile', 'appArmorProfile'].includes(name)
      ? undefined
      : value,
  );
  return { metadata, spec: JSON.parse(text) as object };
}

async function compare(
  decider: Decider,
  index: number,
  given: AcceptedPod,
): Promise<Compared | undefined> {
  const { metadata, spec } = tried(given.pod);
  const seen = await tryPod(platform, {
    metadata: { ...metadata, namespace: plain },
    spec,
  } as never);
  if (seen.status !== 201) return undefined;
  const sent = { spec, metadata: { ...metadata, namespace: NAMESPACE } };
  const there = { ...(seen.body['metadata'] as object), namespace: NAMESPACE };
  const decision = decider.decide({ ...seen.body, metadata: there }, { namespace: NAMESPACE });
  const texts = decision.denials.map(
    (denial) => `${denial.code}: ${textOf(denial)}. See ${pageOf(index)}`,
  );
  return {
    pod: sent,
    expected: texts.length > 0 ? texts.join('; ') : decided(decision.pod),
    actual: outcomeOf(await tryPod(platform, sent)),
  };
}

function outcomeOf({ status, body }: Answer): unknown {
  if (status === 201) return decided(body);
  return messageOf(body).replace(/^.* denied request: /s, '');
}

function decided(pod: unknown): unknown {
  const map = (name: string) => ({ ...(valueAt(pod, 'metadata', name) as object | undefined) });
  const spec = Object.entries(valueAt(pod, 'spec') as object);
  return {
    labels: map('labels'),
    annotations: map('annotations'),
    spec: Object.fromEntries(spec.filter(([name]) => !OF_THE_CLASS.has(name))),
  };
}

/** What a RuntimeClass brings into `spec` (kubernetes plugin/pkg/admission/runtimeclass, v1.36.3). */
const OF_THE_CLASS: ReadonlySet<string> = new Set(['overhead', 'nodeSelector', 'tolerations']);

test(`${POLICIES * PODS_PER_POLICY} pairs of policy and pod come out as the reference says`, async () => {
  const seed = sampleSeed();
  const sampled = fc.sample(policies, { seed, numRuns: POLICIES });
  let compared = 0;
  for (const [index, policy] of sampled.entries()) {
    await enforce(policy, index + 10);
    const decider = createDecider(policy);
    const pods = fc.sample(acceptedPods([NAMESPACE]), { seed: seed + index, numRuns: 400 });
    let ofPolicy = 0;
    for (const given of pods) {
      if (ofPolicy === PODS_PER_POLICY) break;
      const pair = await compare(decider, index + 10, given);
      if (pair === undefined) continue;
      if (!isDeepStrictEqual(pair.expected, pair.actual)) {
        throw new Error(`FC_SEED=${seed}\n${stringify({ policy, ...pair })}`);
      }
      ofPolicy++;
    }
    compared += ofPolicy;
  }
  expect(compared).toBe(POLICIES * PODS_PER_POLICY);
});

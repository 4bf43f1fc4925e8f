/** Makes the cluster follow another policy, and knows when all of it does. */
import { App, Chart } from 'cdk8s';
import { RuntimePolicies } from '../../../constructs/policies';
import { asMember } from '../../../deploy/apply-set';
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../../kubernetes/object';
import { policyHash } from '../../../policy/model/policy-hash';
import type { RuntimePolicy } from '../../../policy/model/runtime-policy';
import { CONSTRAINT_KINDS, NAMESPACES } from '../../../base/names';
import { scopeFinder } from '../../../policy/decision/enforcement';
import { metricsTexts } from './mutator-metrics';
import { PLANNED, type Planned } from './planned';
import type { Platform } from './platform';
import { apiServerClient, ASKED_NAMESPACE, caBundle, policyAt, webhookReplicas } from './replicas';
import { NotYet, until } from './wait';

/** Matched by the constraints that another policy does not have: nothing says when a deleted constraint has lost its force. */
const NOWHERE = 'no-such-namespace';

/** Returns when every replica of the mutator decides by the policy and every Gatekeeper enforces its constraints. */
export async function enforce(
  platform: Platform,
  planned: Planned,
  policy: RuntimePolicy,
): Promise<void> {
  await planned.change(PLANNED.policy, (manifest) => ({
    ...manifest,
    data: { ...(valueAt(manifest, 'data') as object), 'policy.json': JSON.stringify(policy) },
  }));
  await enforceConstraints(platform, constraintsOf(policy));
  await untilMutatorsFollow(platform, policy);
}

/** The policy of the plan, and nothing left of others. */
export async function restorePolicy(platform: Platform, planned: Planned): Promise<void> {
  await planned.restore(PLANNED.policy);
  const original = constraintsOf(platform.policy);
  await enforceConstraints(platform, original);
  for (const stale of await liveConstraints(platform)) {
    if (!original.some((constraint) => isSame(constraint, stale)))
      await platform.api.delete({ ...stale, name: stale.metadata.name ?? '' });
  }
  await untilMutatorsFollow(platform, platform.policy);
}

async function enforceConstraints(
  { api, ...platform }: Platform,
  wanted: readonly KubernetesObject[],
): Promise<void> {
  const live = await liveConstraints({ api, ...platform });
  const others = live.filter((one) => !wanted.some((constraint) => isSame(constraint, one)));
  const applied = [];
  for (const constraint of [...wanted, ...others.map(silenced)]) {
    applied.push((await api.apply(asMember(constraint))).object);
  }
  const pods = await webhookPods({ api, ...platform });
  for (const { apiVersion, kind, metadata } of applied) {
    const name = metadata.name ?? '';
    await until(`${kind} ${name} enforced`, async () => {
      const constraint = await api.get({ apiVersion, kind, name });
      const behind = pods.filter((pod) => !isEnforcedBy(pod, constraint));
      return behind.length === 0 || new NotYet(`not by ${behind.join(', ')}`);
    });
  }
}

async function untilMutatorsFollow(platform: Platform, policy: RuntimePolicy): Promise<void> {
  const hash = policyHash(policy);
  await until('every mutator decides by the policy', async () => {
    // Where the policy is not enforced, or refuses or exempts every pod that is asked about, no decision has the hash.
    const isEnforced = scopeFinder(policy)(ASKED_NAMESPACE).enforcement === 'deny';
    const deciding = isEnforced ? await decidingBy(platform, policy) : [];
    const hasDecided = deciding.length > 0 && deciding.every((one) => one !== undefined);
    const hashes = hasDecided ? deciding : await loadedBy(platform);
    const all = hashes.length > 0 && hashes.every((one) => one === hash);
    return all || new NotYet(`${hashes.join(', ')} instead of ${hash}`);
  });
}

async function decidingBy(platform: Platform, policy: RuntimePolicy) {
  const trust = { ca: await caBundle(platform), client: apiServerClient(platform) };
  const replicas = await webhookReplicas(platform);
  return Promise.all(replicas.map((replica) => policyAt(replica, policy, trust)));
}

/** Hash of the policy that each replica has loaded, by its own metrics. */
async function loadedBy(platform: Platform): Promise<(string | undefined)[]> {
  const texts = await metricsTexts(platform);
  return texts.map((text) => /^secure_ai_mutator_policy_info\{hash="(\w+)"\} 1$/m.exec(text)?.[1]);
}

function constraintsOf(policy: RuntimePolicy): KubernetesObject[] {
  const chart = new Chart(new App(), 'policy', { disableResourceNameHashes: true });
  const { constraints } = new RuntimePolicies(chart, 'Policies', { policy });
  return constraints.map((constraint) => constraint.toJson() as KubernetesObject);
}

async function liveConstraints({ api }: Platform): Promise<readonly KubernetesObject[]> {
  const apiVersion = 'constraints.gatekeeper.sh/v1beta1';
  const kinds = Object.values(CONSTRAINT_KINDS);
  return (await Promise.all(kinds.map((kind) => api.list({ apiVersion, kind })))).flat();
}

/** What `apply` needs of a live object, matching nothing. */
function silenced({ apiVersion, kind, metadata, ...rest }: KubernetesObject): KubernetesObject {
  const { name, labels } = metadata;
  const spec = valueAt(rest, 'spec') as object;
  const match = { ...(valueAt(spec, 'match') as object), namespaces: [NOWHERE] };
  return {
    apiVersion,
    kind,
    metadata: { ...(name && { name }), ...(labels && { labels }) },
    spec: { ...spec, match },
  };
}

function isSame(a: KubernetesObject, b: KubernetesObject): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name;
}

/** Names of the Gatekeeper pods that answer the API server. */
async function webhookPods({ api }: Platform): Promise<string[]> {
  const pods = await api.list({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: NAMESPACES.gatekeeper,
    labelSelector: 'gatekeeper.sh/operation=webhook',
  });
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return staying.map(({ metadata }) => metadata.name ?? '');
}

/** Gatekeeper reports a constraint after it has taken it in (pkg/controller/constraint, v3.23.1). */
function isEnforcedBy(pod: string, constraint: KubernetesObject | undefined): boolean {
  const status = listAt(constraint, 'status', 'byPod').find((one) => stringAt(one, 'id') === pod);
  return (
    valueAt(status, 'enforced') === true &&
    valueAt(status, 'observedGeneration') === constraint?.metadata.generation
  );
}

/** Whether an applied object is ready for its dependents, with one check for each `WaitKind`. */
import type { KubernetesApi } from '../kubernetes/api';
import {
  listAt,
  referenceOf,
  stringAt,
  valueAt,
  type KubernetesObject,
} from '../kubernetes/object';
import type { PlannedObject, WaitKind } from './plan';
import { firstEnabledNamespace, probeWebhook } from './mutator-probe';
import { NotYet, type Observation } from '../base/wait-until';

export interface Readiness {
  /** What is awaited, as the end of "waiting until …". */
  readonly awaited: string;
  readonly deadlineSeconds: number;
  /** @param live the object as the server has it now */
  observe(live: KubernetesObject, api: KubernetesApi): Observation | Promise<Observation>;
}

/** Objects of wait kind `none` are ready as soon as they are stored. */
export const READINESS: Readonly<Record<Exclude<WaitKind, 'none'>, Readiness>> = {
  'namespace-active': {
    awaited: 'the namespace is active',
    deadlineSeconds: 30,
    observe: (live) => {
      const phase = stringAt(live, 'status', 'phase') ?? 'unknown';
      return phase === 'Active' ? true : new NotYet(`phase ${phase}`);
    },
  },
  'crd-established': {
    awaited: 'the API server serves the kind',
    deadlineSeconds: 60,
    observe: crdEstablished,
  },
  'template-created': {
    awaited: 'Gatekeeper has compiled the template and its constraint kind is served',
    deadlineSeconds: 120,
    observe: templateCreated,
  },
  'constraint-enforced': {
    awaited: 'every Gatekeeper pod enforces the constraint',
    deadlineSeconds: 120,
    observe: constraintEnforced,
  },
  'deployment-available': {
    awaited: 'its pods are available',
    // Image pulls on new nodes take minutes.
    deadlineSeconds: 300,
    observe: deploymentAvailable,
  },
  'daemonset-rolled-out': {
    awaited: 'its pods are available on every node it selects',
    // kata-deploy unpacks several hundred megabytes and restarts the node's container runtime.
    deadlineSeconds: 900,
    observe: daemonSetRolledOut,
  },
  'ca-injected': {
    awaited: 'its certificate authority is injected',
    deadlineSeconds: 120,
    observe: caInjected,
  },
  'webhook-answers': {
    awaited: 'the webhook answers for a pod in an enabled namespace',
    deadlineSeconds: 120,
    observe: webhookAnswers,
  },
};

/** The readiness of a planned object at this moment. */
export async function observe(
  { manifest, wait }: PlannedObject,
  api: KubernetesApi,
): Promise<Observation> {
  if (wait === 'none') return true;
  const live = await api.get(referenceOf(manifest));
  if (live === undefined) return new NotYet('it no longer exists');
  return READINESS[wait].observe(live, api);
}

async function crdEstablished(live: KubernetesObject, api: KubernetesApi): Promise<Observation> {
  const conditions = listAt(live, 'status', 'conditions');
  const established = conditions.find((condition) => stringAt(condition, 'type') === 'Established');
  if (stringAt(established, 'status') !== 'True')
    return new NotYet(stringAt(established, 'message') ?? 'no condition Established');
  const version = listAt(live, 'spec', 'versions').find((item) => valueAt(item, 'served') === true);
  const apiVersion = `${stringAt(live, 'spec', 'group')}/${stringAt(version, 'name')}`;
  return served(api, apiVersion, stringAt(live, 'spec', 'names', 'kind') ?? '');
}

/**
 * Gatekeeper's pods race for the CRD of a constraint kind; one that is too late reports an error and tries again
 * (pkg/controller/constrainttemplate, v3.23.1).
 */
const LOST_RACE = /^Could not (create|update) CRD: /;

async function templateCreated(live: KubernetesObject, api: KubernetesApi): Promise<Observation> {
  const errors = currentPods(live).flatMap((pod) => listAt(pod, 'errors'));
  const messages = errors.map((error) => stringAt(error, 'message') ?? JSON.stringify(error));
  const [lost] = messages.filter((message) => LOST_RACE.test(message));
  const refusals = messages.filter((message) => !LOST_RACE.test(message));
  if (refusals.length > 0)
    throw new Error(`Gatekeeper refuses the template: ${[...new Set(refusals)].join('; ')}`);
  if (lost !== undefined) return new NotYet(lost);
  if (valueAt(live, 'status', 'created') !== true) return new NotYet('status.created is not true');
  const kind = stringAt(live, 'spec', 'crd', 'spec', 'names', 'kind') ?? '';
  return served(api, 'constraints.gatekeeper.sh/v1beta1', kind);
}

/** Each Gatekeeper pod reports its state (gatekeeper apis/status, ConstraintPodStatus: enforced, observedGeneration, operations). */
function constraintEnforced(live: KubernetesObject): Observation {
  const pods = listAt(live, 'status', 'byPod');
  if (pods.length === 0) return new NotYet('no Gatekeeper pod has reported');
  const behind = pods.filter((pod) => !isCurrent(live, pod) || valueAt(pod, 'enforced') !== true);
  if (behind.length > 0)
    return new NotYet(`not yet enforced by ${behind.map((pod) => stringAt(pod, 'id')).join(', ')}`);
  const webhook = pods.some((pod) => listAt(pod, 'operations').includes('webhook'));
  return webhook ? true : new NotYet('no Gatekeeper pod that serves the webhook has reported');
}

function currentPods(live: KubernetesObject): readonly unknown[] {
  return listAt(live, 'status', 'byPod').filter((pod) => isCurrent(live, pod));
}

function isCurrent(live: KubernetesObject, pod: unknown): boolean {
  return valueAt(pod, 'observedGeneration') === live.metadata.generation;
}

/** As `kubectl rollout status` sees it (kubectl pkg/polymorphichelpers/rollout_status.go), and condition Available. */
function deploymentAvailable(live: KubernetesObject): Observation {
  const status = (member: string) => Number(valueAt(live, 'status', member) ?? 0);
  if (status('observedGeneration') < (live.metadata.generation ?? 0))
    return new NotYet('the deployment controller has not seen it yet');
  const wanted = Number(valueAt(live, 'spec', 'replicas') ?? 1);
  if (status('updatedReplicas') < wanted)
    return new NotYet(`${status('updatedReplicas')} of ${wanted} pods updated`);
  const conditions = listAt(live, 'status', 'conditions');
  const available = conditions.find((condition) => stringAt(condition, 'type') === 'Available');
  return stringAt(available, 'status') === 'True'
    ? true
    : new NotYet(`${status('availableReplicas')} of ${wanted} pods available`);
}

/** As `kubectl rollout status` sees it. */
function daemonSetRolledOut(live: KubernetesObject): Observation {
  const status = (member: string) => Number(valueAt(live, 'status', member) ?? 0);
  if (status('observedGeneration') < (live.metadata.generation ?? 0))
    return new NotYet('the daemon set controller has not seen it yet');
  const wanted = status('desiredNumberScheduled');
  if (status('updatedNumberScheduled') < wanted)
    return new NotYet(`${status('updatedNumberScheduled')} of ${wanted} pods updated`);
  if (status('numberAvailable') < wanted)
    return new NotYet(`${status('numberAvailable')} of ${wanted} pods available`);
  return true;
}

function caInjected(live: KubernetesObject): Observation {
  const without = listAt(live, 'webhooks').filter(
    (webhook) =>
      valueAt(webhook, 'clientConfig', 'service') !== undefined &&
      (stringAt(webhook, 'clientConfig', 'caBundle') ?? '') === '',
  );
  if (without.length === 0) return true;
  return new NotYet(
    `no caBundle in ${without.map((webhook) => stringAt(webhook, 'name')).join(', ')}`,
  );
}

async function webhookAnswers(live: KubernetesObject, api: KubernetesApi): Promise<Observation> {
  const injected = caInjected(live);
  if (injected !== true) return injected;
  const namespace = await firstEnabledNamespace(api);
  // Without an enabled namespace the webhook never receives a pod.
  return namespace === undefined ? true : probeWebhook(api, namespace);
}

async function served(api: KubernetesApi, apiVersion: string, kind: string): Promise<Observation> {
  const type = await api.resourceType(apiVersion, kind);
  return type === undefined ? new NotYet(`${kind} of ${apiVersion} is not served yet`) : true;
}

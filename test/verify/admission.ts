/** A cluster in memory that admits pods as the platform does, by the reference decision, or as badly as a test wants. */
import { ApiError } from '../../kubernetes/api';
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../kubernetes/object';
import { createDecider, type Decider } from '../../policy/decision/decide';
import { textOf } from '../../policy/decision/validate';
import { defineSandbox, type SandboxConfig } from '../../constructs';
import { CONSTRAINT_KINDS, ENABLED_LABEL, MUTATOR, NAMESPACES } from '../../base/names';
import { expectedObjects } from '../../verify/expected';
import { fakeApi, object, type FakeApi } from '../deploy/fake-api';
import { EXAMPLE, KATA_HANDLER } from '../policy/fixtures';

export const config = defineSandbox({ policy: EXAMPLE });

export const { policy } = config;

/** A cluster in which everything is as it should be. */
export function soundCluster(followed: SandboxConfig = config): FakeApi {
  const expected = expectedObjects(followed);
  const decider = createDecider(followed.policy);
  const api = fakeApi([
    withLabels(object('v1', 'Namespace/ai-production'), {
      'kubernetes.io/metadata.name': 'ai-production',
      [ENABLED_LABEL]: 'true',
      'pod-security.kubernetes.io/enforce': 'baseline',
    }),
    object('node.k8s.io/v1', 'RuntimeClass/kata', { handler: KATA_HANDLER }),
    object('node.k8s.io/v1', 'RuntimeClass/gvisor', { handler: 'runsc' }),
    object('v1', `ConfigMap/${NAMESPACES.gatekeeper}/${MUTATOR.policyConfigMap}`, {
      data: { 'policy.json': JSON.stringify(followed.policy) },
    }),
    withCa(expected.mutating),
    withCa(expected.validating),
    ...expected.templates.map((template) => ({ ...template, status: { created: true } })),
    ...expected.constraints.map((constraint) => ({ ...constraint, status: status([]) })),
  ]);
  admitByPolicy(api, decider);
  auditByPolicy(api, decider);
  answerAloneByPolicy(api, decider);
  return api;
}

let refusingWebhook = 'validation.gatekeeper.sh';

/** Names the webhook whose refusal the API server passes on from now on. */
export function refuseAs(webhook: string): void {
  refusingWebhook = webhook;
}

/** Both webhooks, asked alone, refuse what the policy refuses. */
function answerAloneByPolicy(api: FakeApi, decider: Decider): void {
  api.postToService = (_service, body) => {
    const pod = valueAt(body, 'request', 'object') as KubernetesObject;
    const namespace = pod.metadata.namespace ?? '';
    const [denial] = decider.decide(pod, { namespace }).denials;
    const response = {
      allowed: denial === undefined,
      status: { message: denial && textOf(denial) },
    };
    return Promise.resolve({ response });
  };
}

/** As a certificate rotator leaves it. */
function withCa(configuration: KubernetesObject): KubernetesObject {
  const webhooks = listAt(configuration, 'webhooks').map((webhook) => ({
    ...(webhook as object),
    clientConfig: { ...(valueAt(webhook, 'clientConfig') as object), caBundle: 'Q0E=' },
  }));
  return { ...configuration, webhooks };
}

/** Enabled namespaces are those with the label at the moment a pod is created. */
function admitByPolicy(api: FakeApi, decider: Decider): void {
  const { create } = { create: api.create.bind(api) };
  api.create = async (manifest, options) => {
    const namespace = manifest.metadata.namespace ?? '';
    const live = await api.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
    if (manifest.kind !== 'Pod' || live?.metadata.labels?.[ENABLED_LABEL] !== 'true')
      return create(manifest, options);
    const { pod, denials } = decider.decide(manifest, { namespace });
    const [denial] = denials;
    if (denial !== undefined)
      throw new ApiError(
        403,
        'Forbidden',
        `admission webhook "${refusingWebhook}" denied the request: ${textOf(denial)}`,
      );
    return create(pod as KubernetesObject, options);
  };
}

function auditByPolicy(api: FakeApi, decider: Decider): void {
  api.onRead = (live) => {
    if (live.kind !== CONSTRAINT_KINDS.sandboxed) return live;
    const pods = [...api.objects.values()].filter(({ kind }) => kind === 'Pod');
    const violations = pods.flatMap((pod) => {
      const namespace = pod.metadata.namespace ?? '';
      const reports = decider.reports(pod, { namespace, isStored: true });
      const [denial] = reports.flatMap(({ denials }) => denials);
      return denial ? [{ namespace, name: pod.metadata.name, message: textOf(denial) }] : [];
    });
    return { ...live, status: status(violations) };
  };
}

function status(violations: readonly object[]) {
  return {
    auditTimestamp: '2026-01-01T00:00:00Z',
    totalViolations: violations.length,
    violations,
    byPod: [{ id: 'g', enforced: true, observedGeneration: 1, operations: ['webhook'] }],
  };
}

function withLabels(from: KubernetesObject, labels: Record<string, string>): KubernetesObject {
  return { ...from, metadata: { ...from.metadata, labels } };
}

/** Lets a Ready node that offers the handlers run every pod at once, which writes this. */
export function withNode(api: FakeApi, handlers: readonly string[], output: string): void {
  api.put(
    object('v1', 'Node/n1', {
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        nodeInfo: { kernelVersion: '6.18.0' },
        runtimeHandlers: handlers.map((name) => ({ name })),
      },
    }),
  );
  const { onRead } = api;
  api.onRead = (live) =>
    stringAt(live, 'kind') === 'Pod'
      ? { ...live, spec: { nodeName: 'n1' }, status: { phase: 'Succeeded' } }
      : onRead(live);
  api.logs = () => Promise.resolve(output);
  let started = 7;
  api.kubeletMetrics = () => {
    started += 1;
    const lines = handlers.map(
      (name) =>
        `kubelet_run_podsandbox_duration_seconds_count{runtime_handler="${name}"} ${started}`,
    );
    return Promise.resolve(lines.join('\n'));
  };
}

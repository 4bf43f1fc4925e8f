/** A cluster in memory that admits pods as the platform does, by the reference decision, or as badly as a test wants. */
import { ApiError } from '../../deploy/kubernetes/api';
import { textAt, type KubernetesObject } from '../../deploy/kubernetes/object';
import { createDecider } from '../../policy/decide';
import { definePolicy } from '../../policy/define';
import { CONSTRAINT_KINDS, ENABLED_LABEL, MUTATOR, NAMESPACES } from '../../policy/names';
import { fakeApi, object, type FakeApi } from '../deploy/fake-api';

export const policy = definePolicy({
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu' },
  ],
  rules: [
    {
      name: 'high_compute',
      when: { container: { image: { contains: 'pytorch' }, requests: { cpu: { gt: '4' } } } },
      runtime: 'kata',
    },
    {
      name: 'light_model',
      when: { container: { image: { contains: 'scikit' }, requests: { cpu: { lt: '1' } } } },
      runtime: 'gvisor',
    },
  ],
  required: [{ namespaces: ['ai-production'], container: 'ai-model', runtime: 'kata' }],
});

const decider = createDecider(policy);

/** A cluster in which everything is as it should be. */
export function soundCluster(): FakeApi {
  const api = fakeApi([
    withLabels(object('v1', 'Namespace/ai-production'), { [ENABLED_LABEL]: 'true' }),
    object('node.k8s.io/v1', 'RuntimeClass/kata', { handler: 'kata-qemu' }),
    object('node.k8s.io/v1', 'RuntimeClass/gvisor', { handler: 'runsc' }),
    object('v1', `ConfigMap/${NAMESPACES.gatekeeper}/${MUTATOR.policyConfigMap}`, {
      data: { 'policy.json': JSON.stringify(policy) },
    }),
    object('admissionregistration.k8s.io/v1', `MutatingWebhookConfiguration/${MUTATOR.name}`, {
      webhooks: [{ name: 'w', clientConfig: { service: {}, caBundle: 'Q0E=' } }],
    }),
    ...Object.values(CONSTRAINT_KINDS).flatMap((kind) => [
      object('templates.gatekeeper.sh/v1', `ConstraintTemplate/${kind.toLowerCase()}`, {
        spec: { crd: { spec: { names: { kind } } } },
        status: { created: true },
      }),
      object('constraints.gatekeeper.sh/v1beta1', `${kind}/c`, { status: status([]) }),
    ]),
  ]);
  admitByPolicy(api);
  auditByPolicy(api);
  return api;
}

/** Enabled namespaces are those with the label at the moment a pod is created. */
function admitByPolicy(api: FakeApi): void {
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
        `admission webhook denied the request: ${denial.message}`,
      );
    return create(pod as KubernetesObject, options);
  };
}

function auditByPolicy(api: FakeApi): void {
  api.onRead = (live) => {
    if (live.kind !== CONSTRAINT_KINDS.sandboxed) return live;
    const pods = [...api.objects.values()].filter(({ kind }) => kind === 'Pod');
    const violations = pods.flatMap((pod) => {
      const namespace = pod.metadata.namespace ?? '';
      const [denial] = decider.validate(pod, { namespace });
      return denial ? [{ namespace, name: pod.metadata.name, message: denial.message }] : [];
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
    textAt(live, 'kind') === 'Pod'
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

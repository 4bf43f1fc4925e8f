import type { KubernetesObject } from '../../kubernetes/object';
import type { WaitKind } from '../../deploy/plan';
import { READINESS } from '../../deploy/readiness';
import { DECISION_ANNOTATION, ENABLED_LABEL } from '../../base/names';
import { ApiError } from '../../kubernetes/api';
import { createDecider } from '../../policy/decision/decide';
import { definePolicy } from '../../policy/model/define';
import type { RuntimePolicyInput } from '../../policy/model/runtime-policy';
import { fakeApi, object, type FakeApi } from './fake-api';

/** What is seen, or `done`. */
async function look(
  wait: Exclude<WaitKind, 'none'>,
  live: KubernetesObject,
  api: FakeApi = fakeApi(),
): Promise<string> {
  const observation = await READINESS[wait].observe(live, api);
  return observation === true ? 'done' : observation.seen;
}

const withGeneration = (live: KubernetesObject, generation: number): KubernetesObject => ({
  ...live,
  metadata: { ...live.metadata, generation },
});

describe('Deployment', () => {
  const deployment = (status: object) =>
    withGeneration(
      object('apps/v1', 'Deployment/x/d', {
        spec: { replicas: 2 },
        status: { observedGeneration: 3, ...status },
      }),
      3,
    );
  const available = { conditions: [{ type: 'Available', status: 'True' }] };

  test('available at the generation that was applied is ready', async () => {
    const live = deployment({ updatedReplicas: 2, availableReplicas: 2, ...available });
    expect(await look('deployment-available', live)).toBe('done');
  });

  test('available at an older generation is not', async () => {
    const live = deployment({ observedGeneration: 2, updatedReplicas: 2, ...available });
    expect(await look('deployment-available', live)).toMatch(/has not seen it/);
  });

  test('with old pods still serving it is not', async () => {
    const live = deployment({ updatedReplicas: 1, ...available });
    expect(await look('deployment-available', live)).toBe('1 of 2 pods updated');
  });

  test('updated and not available is not', async () => {
    const live = deployment({ updatedReplicas: 2, availableReplicas: 1 });
    expect(await look('deployment-available', live)).toBe('1 of 2 pods available');
  });
});

describe('DaemonSet', () => {
  const daemonSet = (status: object) =>
    withGeneration(object('apps/v1', 'DaemonSet/x/d', { status }), 1);

  test('on no node at all is ready, once the controller has seen it', async () => {
    expect(await look('daemonset-rolled-out', daemonSet({}))).toMatch(/has not seen it/);
    const seen = { observedGeneration: 1, desiredNumberScheduled: 0 };
    expect(await look('daemonset-rolled-out', daemonSet(seen))).toBe('done');
  });

  test('with a pod that is not available is not', async () => {
    const status = {
      observedGeneration: 1,
      desiredNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
    };
    expect(await look('daemonset-rolled-out', daemonSet(status))).toBe('1 of 2 pods available');
  });
});

describe('ConstraintTemplate', () => {
  const template = (status: object) =>
    withGeneration(
      object('templates.gatekeeper.sh/v1', 'ConstraintTemplate/k8sfoo', {
        spec: { crd: { spec: { names: { kind: 'K8sFoo' } } } },
        status,
      }),
      2,
    );

  test('created, with its kind served, is ready', async () => {
    expect(await look('template-created', template({ created: true }))).toBe('done');
  });

  test('created, with its kind not yet served, is not', async () => {
    const api = { ...fakeApi(), resourceType: () => Promise.resolve(undefined) };
    expect(await look('template-created', template({ created: true }), api)).toMatch(
      /K8sFoo .* not served/,
    );
  });

  test('that does not compile ends the wait with the compiler’s message', async () => {
    const byPod = [{ observedGeneration: 2, errors: [{ message: 'unexpected eof' }] }];
    await expect(look('template-created', template({ byPod }))).rejects.toThrow('unexpected eof');
  });

  test('whose CRD another Gatekeeper was faster to create is waited for', async () => {
    const lost = 'Could not create CRD: customresourcedefinitions "x" already exists';
    const byPod = [{ observedGeneration: 2, errors: [{ message: lost }] }];
    expect(await look('template-created', template({ created: true, byPod }))).toBe(lost);
    byPod[0]?.errors.push({ message: 'unexpected eof' });
    await expect(look('template-created', template({ byPod }))).rejects.toThrow(
      /: unexpected eof$/,
    );
  });

  test('whose older version did not compile is waited for', async () => {
    const byPod = [{ observedGeneration: 1, errors: [{ message: 'unexpected eof' }] }];
    expect(await look('template-created', template({ byPod }))).toMatch(/not true/);
  });
});

describe('constraint', () => {
  const pod = (id: string, rest: object = {}) => ({
    id,
    enforced: true,
    observedGeneration: 1,
    operations: ['webhook'],
    ...rest,
  });
  const constraint = (...byPod: object[]) =>
    withGeneration(
      object('constraints.gatekeeper.sh/v1beta1', 'K8sFoo/c', { status: { byPod } }),
      1,
    );
  const softer = (live: KubernetesObject) => ({ ...live, spec: { enforcementAction: 'dryrun' } });

  test.each([
    ['no pod has reported', constraint(), 'no Gatekeeper pod has reported'],
    ['every pod enforces it', constraint(pod('a'), pod('b')), 'done'],
    ['it only reports, to every pod', softer(constraint(pod('a'))), 'done'],
    ['one pod lags', constraint(pod('a'), pod('b', { observedGeneration: 0 })), /by b$/],
    ['one pod does not enforce it', constraint(pod('a', { enforced: false })), /by a$/],
    ['only the audit has reported', constraint(pod('a', { operations: ['audit'] })), /webhook/],
  ])('%s', async (_title, live, expected) => {
    const seen = await look('constraint-enforced', live);
    if (typeof expected === 'string') expect(seen).toBe(expected);
    else expect(seen).toMatch(expected);
  });
});

describe('webhook', () => {
  const configuration = (caBundle: string) =>
    object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration/m', {
      webhooks: [{ name: 'w', clientConfig: { service: { name: 's' }, caBundle } }],
    });
  const tenant = { ...object('v1', 'Namespace/team') };
  const enabled = { ...tenant, metadata: { name: 'team', labels: { [ENABLED_LABEL]: 'true' } } };

  test('without a certificate authority is not ready', async () => {
    expect(await look('ca-injected', configuration(''))).toBe('no caBundle in w');
    expect(await look('webhook-answers', configuration(''))).toBe('no caBundle in w');
  });

  test('one that is reached by URL needs none', async () => {
    const live = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration/v', {
      webhooks: [{ name: 'w', clientConfig: { url: 'https://elsewhere.example' } }],
    });
    expect(await look('ca-injected', live)).toBe('done');
  });

  test('answers when a pod comes back with its decision, as a dry run only', async () => {
    const api = fakeApi([enabled]);
    const unchanged = fakeApi();
    api.create = async (manifest, options) => {
      const pod = await unchanged.create(manifest, options);
      const annotations = { [DECISION_ANNOTATION]: '{}' };
      return { ...pod, metadata: { ...pod.metadata, annotations } };
    };
    expect(await look('webhook-answers', configuration('Q0E='), api)).toBe('done');
    expect(unchanged.writes).toEqual(['dry-run Pod/team/secure-ai-probe-x']);
  });

  test.each<[string, RuntimePolicyInput['unlabelled']]>([
    ['assigned a runtime', { assign: 'kata' }],
    ['denied', 'deny'],
    ['ignored', 'ignore'],
  ])('answers where pods without a label are %s', async (_, unlabelled) => {
    const runtimes = [{ name: 'kata', runtimeClassName: 'kata', handler: 'kata' }];
    const { decide } = createDecider(definePolicy({ runtimes, unlabelled }));
    const api = fakeApi([enabled]);
    api.create = (manifest) => {
      const { pod, denials } = decide(manifest, { namespace: 'team' });
      const message = `admission webhook "ai-runtime-mutator.secure-ai.io" denied the request: ${denials[0]?.message}`;
      return denials.length === 0
        ? Promise.resolve(pod as KubernetesObject)
        : Promise.reject(new ApiError(403, 'Forbidden', message));
    };
    expect(await look('webhook-answers', configuration('Q0E='), api)).toBe('done');
  });

  test.each([
    ['ai-runtime-mutator.secure-ai.io', 'done'],
    ['validation.gatekeeper.sh', expect.stringContaining('validation.gatekeeper.sh') as string],
  ])('%s denies the pod', async (webhook, expected) => {
    const api = fakeApi([enabled]);
    const message = `admission webhook "${webhook}" denied the request: LABEL_REQUIRED`;
    api.create = () => Promise.reject(new ApiError(403, 'Forbidden', message));
    expect(await look('webhook-answers', configuration('Q0E='), api)).toEqual(expected);
  });

  test('does not answer when a pod comes back untouched', async () => {
    const seen = await look('webhook-answers', configuration('Q0E='), fakeApi([enabled]));
    expect(seen).toMatch(/returns without/);
  });
});

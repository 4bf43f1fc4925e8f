import { defaultMaxListeners, getEventListeners, getMaxListeners } from 'node:events';
import { deploy, type DeployEvent } from '../../deploy/apply';
import { ApiError } from '../../kubernetes/api';
import { objectId, referenceOf, type KubernetesObject } from '../../kubernetes/object';
import type { PlannedObject, WaitKind } from '../../deploy/plan';
import { remove } from '../../deploy/remove';
import { SandboxError } from '../../base/errors';
import { fakeApi, object, type FakeApi } from './fake-api';

function planned(
  manifest: KubernetesObject,
  dependsOn: readonly string[] = [],
  wait: WaitKind = 'none',
): PlannedObject {
  return { id: objectId(referenceOf(manifest)), manifest, dependsOn, wait };
}

const a = object('v1', 'ConfigMap/x/a', { data: { k: '1' } });
const b = object('v1', 'ConfigMap/x/b');
const c = object('v1', 'ConfigMap/x/c');
const PARENT = 'ConfigMap/default/secure-ai-sandbox';

async function run(api: FakeApi, plan: readonly PlannedObject[], signal?: AbortSignal) {
  const events: DeployEvent[] = [];
  const report = await deploy(plan, {
    api,
    version: '1.2.3',
    onProgress: (event) => events.push(event),
    ...(signal && { signal }),
  });
  return { report, events };
}

async function failure(work: Promise<unknown>): Promise<SandboxError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SandboxError) return error;
  throw new Error('no SandboxError', { cause: error });
}

describe('applying', () => {
  test('an object is applied after what it depends on is ready', async () => {
    const api = fakeApi();
    const namespace = object('v1', 'Namespace/x', { status: { phase: 'Pending' } });
    let looks = 0;
    api.onRead = (live) =>
      live.kind === 'Namespace' && ++looks >= 3 ? { ...live, status: { phase: 'Active' } } : live;
    const { events } = await run(api, [
      planned(namespace, [], 'namespace-active'),
      planned(a, ['Namespace/x']),
    ]);
    expect(looks).toBeGreaterThanOrEqual(3);
    const order = events.flatMap(({ type, id }) => (type === 'waiting' ? [] : [`${type} ${id}`]));
    expect(order).toEqual(['applied Namespace/x', 'ready Namespace/x', 'applied ConfigMap/x/a']);
  });

  test('many objects that are waited for at once cost no warning of Node about listeners', async () => {
    const any = jest.spyOn(AbortSignal, 'any');
    const api = fakeApi();
    const looks = new Map<string, number>();
    let listeners = 0;
    api.onRead = (live) => {
      const { name = '' } = live.metadata;
      const seen = (looks.get(name) ?? 0) + 1;
      looks.set(name, seen);
      listeners = Math.max(listeners, getEventListeners(signal(), 'abort').length);
      return { ...live, status: { phase: seen > 2 ? 'Active' : 'Pending' } };
    };
    const signal = () => any.mock.results[0]?.value as AbortSignal;
    try {
      const names = Array.from({ length: 20 }, (_, index) => `Namespace/n${index}`);
      await run(
        api,
        names.map((name) => planned(object('v1', name), [], 'namespace-active')),
      );
      expect(listeners).toBeGreaterThan(defaultMaxListeners);
      expect(getMaxListeners(signal())).toBeGreaterThanOrEqual(listeners);
    } finally {
      any.mockRestore();
    }
  });

  test('the second run changes nothing and says so', async () => {
    const api = fakeApi();
    const first = await run(api, [planned(a), planned(b)]);
    const second = await run(api, [planned(a), planned(b)]);
    expect(first.report).toMatchObject({ created: 2, configured: 0, unchanged: 0 });
    expect(second.report).toMatchObject({ created: 0, configured: 0, unchanged: 2 });
  });

  test('what a restarting server cannot take is tried again', async () => {
    const api = fakeApi();
    let refusals = 2;
    api.onWrite = (write) => {
      if (write.endsWith('/a') && refusals-- > 0) throw new ApiError(503, '', 'restarting');
    };
    expect((await run(api, [planned(a)])).report.created).toBe(1);
  });

  test('what the server refuses stops the rest, and the error says what is done and what is not', async () => {
    const api = fakeApi();
    api.onWrite = (write) => {
      if (write.endsWith('/b')) throw new ApiError(403, 'Forbidden', 'not allowed');
    };
    const error = await failure(
      run(api, [planned(a), planned(b, ['ConfigMap/x/a']), planned(c, ['ConfigMap/x/b'])]),
    );
    expect(error.code).toBe('DEPLOY_INCOMPLETE');
    expect(error.problems).toMatchObject([
      { path: 'ConfigMap/x/b', reason: 'not allowed' },
      {
        path: 'deployment',
        reason: '1 of 3 objects are applied, not tried: ConfigMap/x/c',
        fix: 'run the same command again: it continues where this one stopped',
      },
    ]);
    expect(api.writes).not.toContain('apply ConfigMap/x/c');
  });

  test('nothing is pruned after a failure', async () => {
    const api = fakeApi();
    await run(api, [planned(a), planned(b)]);
    api.onWrite = (write) => {
      if (write.endsWith('/c')) throw new ApiError(403, 'Forbidden', 'not allowed');
    };
    await failure(run(api, [planned(c)]));
    expect([...api.objects.keys()]).toContain(' ConfigMap/x/a');
  });

  test('an interruption is not a failure: its own reason comes out', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const api = fakeApi();
    api.onWrite = (write) => {
      if (write.endsWith('/a')) controller.abort(reason);
    };
    const plan = [planned(a), planned(b, ['ConfigMap/x/a'])];
    await expect(run(api, plan, controller.signal)).rejects.toBe(reason);
    expect(api.writes).not.toContain('apply ConfigMap/x/b');
  });
});

describe('an unchangeable part', () => {
  const immutable = () => {
    throw new ApiError(422, 'Invalid', 'handler: Invalid value: field is immutable');
  };

  test('of a RuntimeClass: it is deleted and made anew', async () => {
    const runtimeClass = object('node.k8s.io/v1', 'RuntimeClass/kata', { handler: 'new' });
    const api = fakeApi([object('node.k8s.io/v1', 'RuntimeClass/kata', { handler: 'old' })]);
    api.onWrite = (write) => {
      const present = [...api.objects.values()].some(({ kind }) => kind === 'RuntimeClass');
      if (write === 'apply RuntimeClass/kata' && present) immutable();
    };
    const { report } = await run(api, [planned(runtimeClass)]);
    expect(report.configured).toBe(1);
    expect(api.writes.filter((write) => write.includes('RuntimeClass'))).toEqual([
      'apply RuntimeClass/kata',
      'delete RuntimeClass/kata',
      'apply RuntimeClass/kata',
    ]);
  });

  test('of a Deployment: it is left alone, and the error says what has to be deleted', async () => {
    const deployment = object('apps/v1', 'Deployment/x/d');
    const api = fakeApi();
    api.onWrite = (write) => {
      if (write.includes('Deployment')) immutable();
    };
    const error = await failure(run(api, [planned(deployment)]));
    expect(error.problems[0].reason).toContain('Deployment/x/d must be deleted');
    expect(api.writes).not.toContain('delete Deployment/x/d');
  });
});

describe('pruning', () => {
  test('what is no longer planned is deleted, and nothing that is not ours', async () => {
    const foreign = object('v1', 'ConfigMap/x/foreign');
    const api = fakeApi([foreign]);
    await run(api, [planned(a), planned(b)]);
    const { report } = await run(api, [planned(a)]);
    expect(report.pruned).toEqual({ deleted: ['ConfigMap/x/b'], kept: [], failed: [] });
    expect([...api.objects.keys()].sort()).toEqual([
      ' ConfigMap/default/secure-ai-sandbox',
      ' ConfigMap/x/a',
      ' ConfigMap/x/foreign',
    ]);
  });

  test('an object that only carries our label, copied by a controller, is not ours', async () => {
    const api = fakeApi();
    await run(api, [planned(a)]);
    const labels = [...api.objects.values()].find(({ metadata }) => metadata.name === 'a')?.metadata
      .labels;
    const copy = object('v1', 'ConfigMap/x/copy');
    api.put({ ...copy, metadata: { ...copy.metadata, labels: labels ?? {} } });
    expect((await run(api, [planned(b)])).report.pruned.deleted).toEqual(['ConfigMap/x/a']);
  });

  test('a kind that is gone altogether is still found', async () => {
    const api = fakeApi();
    await run(api, [planned(a), planned(object('node.k8s.io/v1', 'RuntimeClass/kata'))]);
    expect((await run(api, [planned(a)])).report.pruned.deleted).toEqual(['RuntimeClass/kata']);
  });

  test('webhook configurations go first, workloads before what they need, namespaces last', async () => {
    const api = fakeApi();
    await run(
      api,
      [
        object('v1', 'Namespace/team'),
        object('apiextensions.k8s.io/v1', 'CustomResourceDefinition/crd'),
        object('v1', 'ServiceAccount/team/s'),
        object('apps/v1', 'Deployment/team/d'),
        object('templates.gatekeeper.sh/v1', 'ConstraintTemplate/k8sfoo'),
        object('constraints.gatekeeper.sh/v1beta1', 'K8sFoo/c'),
        object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration/m'),
      ].map((manifest) => planned(manifest)),
    );
    await remove(api);
    expect(api.writes.filter((write) => write.startsWith('delete'))).toEqual([
      'delete MutatingWebhookConfiguration/m',
      'delete K8sFoo/c',
      'delete ConstraintTemplate/k8sfoo',
      'delete Deployment/team/d',
      'delete ServiceAccount/team/s',
      'delete CustomResourceDefinition/crd',
      'delete Namespace/team',
      `delete ${PARENT}`,
    ]);
  });

  test('a namespace that holds what is not ours stays, and is found again later', async () => {
    const api = fakeApi();
    await run(api, [planned(object('v1', 'Namespace/team'))]);
    api.put(object('v1', 'Pod/team/precious'));
    const { report } = await run(api, [planned(a)]);
    expect(report.pruned.kept).toEqual([
      { id: 'Namespace/team', reason: 'it still holds Pod/team/precious' },
    ]);
    await api.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'team', name: 'precious' });
    expect((await run(api, [planned(a)])).report.pruned.deleted).toEqual(['Namespace/team']);
  });

  test('what Kubernetes itself puts into a namespace does not keep it', async () => {
    const api = fakeApi();
    await run(api, [planned(object('v1', 'Namespace/team'))]);
    api.put(object('v1', 'ConfigMap/team/kube-root-ca.crt'));
    api.put(object('v1', 'ServiceAccount/team/default'));
    expect((await remove(api)).deleted).toEqual(['Namespace/team']);
  });

  test('what cannot be deleted is named', async () => {
    const api = fakeApi();
    await run(api, [planned(a)]);
    api.onWrite = (write) => {
      if (write.startsWith('delete')) throw new ApiError(403, 'Forbidden', 'not yours');
    };
    const error = await failure(remove(api));
    expect(error.code).toBe('REMOVE_INCOMPLETE');
    expect(error.problems).toMatchObject([{ path: 'ConfigMap/x/a', reason: 'not yours' }]);
  });
});

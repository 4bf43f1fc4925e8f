/** What becomes of pods on a real API server: the cases of the tutorial this project began with, and what they leave open. */
import { listAt, stringAt, valueAt } from '../../kubernetes/object';
import type { DenialCode } from '../../policy/decision/decision';
import { RUNTIME_LABEL } from '../../base/names';
import { LAYERS } from './support/layers';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { connectPlatform, type Platform } from './support/platform';
import {
  createPod,
  messageOf,
  pod,
  type PodOptions,
  sandboxOf,
  tryPod,
  withoutHints,
} from '../fixtures/pods';
import { NotYet, until } from './support/wait';

jest.setTimeout(300_000);

/** Has a requirement for containers called `ai-model`. */
const PRODUCTION = 'ai-production';

/** Of the RuntimeClass plugin, for a class that exists and that no policy knows. */
const FOREIGN_CLASS = 'e2e-foreign';

const FINALIZER = 'e2e.secure-ai.io/hold';

let platform: Platform;
let enabled: string;
let plain: string;

beforeAll(async () => {
  platform = await connectPlatform();
  enabled = await makeNamespace(platform, 'e2e-admission-', { labels: ENABLED });
  plain = await makeNamespace(platform, 'e2e-plain-');
  await platform.server.send({
    method: 'POST',
    path: '/apis/node.k8s.io/v1/runtimeclasses',
    body: {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: FOREIGN_CLASS },
      handler: 'runc',
    },
  });
});

afterAll(async () => {
  await deleteNamespaces(platform, [enabled, plain]);
  const path = `/apis/node.k8s.io/v1/runtimeclasses/${FOREIGN_CLASS}`;
  await platform.server.send({ method: 'DELETE', path });
  platform.close();
});

const attempt = (options: Omit<PodOptions, 'namespace'>, namespace = enabled) =>
  tryPod(platform, pod({ namespace, ...options }));

/** Refusals for one reason: new pods by the mutator, updates by Gatekeeper, which the mutator is not asked about. */
const refusal = (code: DenialCode, message: string) => ({
  status: 403,
  message: `admission webhook "${LAYERS.mutator}" denied the request: ${code}: ${message}`,
});
const refusedUpdate = (constraint: string, message: string) => ({
  status: 403,
  message: `admission webhook "${LAYERS.gatekeeper}" denied the request: [${constraint}] ${message}`,
});
const refused = async (options: Omit<PodOptions, 'namespace'>, namespace = enabled) => {
  const { status, body } = await attempt(options, namespace);
  return { status, message: withoutHints(messageOf(body)) };
};

describe('a label', () => {
  test.each([
    ['kata', { cpu: '250m', memory: '320Mi' }, { 'katacontainers.io/kata-runtime': 'true' }],
    ['gvisor', { cpu: '250m', memory: '128Mi' }, { 'secure-ai.io/gvisor-runtime': 'true' }],
  ])('%s sets the class, and the class its overhead and nodes', async (label, overhead, nodes) => {
    const answer = await attempt({ label });
    expect(sandboxOf(answer)).toEqual({
      label,
      runtimeClassName: label,
      decision: { runtime: label, source: 'label', rules: [] },
    });
    expect(valueAt(answer.body, 'spec', 'overhead')).toEqual(overhead);
    expect(valueAt(answer.body, 'spec', 'nodeSelector')).toEqual(nodes);
    expect(valueAt(answer.body, 'spec', 'tolerations')).toContainEqual({
      key: 'secure-ai.io/pool',
      operator: 'Equal',
      value: label,
      effect: 'NoSchedule',
    });
  });

  test('of no runtime is refused', async () => {
    expect(await refused({ label: 'runc' })).toEqual(
      refusal(
        'UNKNOWN_RUNTIME',
        'Pod probe asks for runtime runc, which is not one of gvisor, kata',
      ),
    );
  });

  test('beside the class of another runtime is refused', async () => {
    expect(await refused({ label: 'kata', runtimeClassName: 'gvisor' })).toEqual(
      refusal('CLASS_MISMATCH', 'Pod probe has runtime label kata but runtimeClassName gvisor'),
    );
  });
});

describe('a rule', () => {
  const PYTORCH = 'pytorch/pytorch:2.4';
  const SCIKIT = 'registry.example.com/ml/scikit-learn:1.5';
  const by = {
    rule: (runtime: string, rule: string) => ({ runtime, source: 'rule', rules: [rule] }),
    default: { runtime: 'kata', source: 'default', rules: [] },
  };

  test.each([
    [PYTORCH, '4', by.default],
    [PYTORCH, '4.0', by.default],
    [PYTORCH, '4001m', by.rule('kata', 'high_compute')],
    [PYTORCH, '5', by.rule('kata', 'high_compute')],
    [SCIKIT, '500m', by.rule('gvisor', 'light_model')],
    [SCIKIT, '999m', by.rule('gvisor', 'light_model')],
    [SCIKIT, '1', by.default],
  ])('chooses for a pod without label: %s, %s CPU', async (image, cpu, decision) => {
    const { runtime } = decision;
    expect(sandboxOf(await attempt({ image, cpu }))).toEqual({
      label: runtime,
      runtimeClassName: runtime,
      decision,
    });
  });

  const tooWeak = refusal(
    'RULE_VIOLATED',
    'Workload probe with high compute requires runtime kata',
  );
  const tooStrong = refusal(
    'RULE_VIOLATED',
    'Workload probe with light model requires runtime gvisor',
  );

  test.each([
    [PYTORCH, '4001m', 'gvisor', tooWeak],
    [PYTORCH, '5', 'gvisor', tooWeak],
    [SCIKIT, '500m', 'kata', tooStrong],
    [SCIKIT, '999m', 'kata', tooStrong],
  ])('refuses another label: %s, %s CPU, %s', async (image, cpu, label, expected) => {
    expect(await refused({ image, cpu, label })).toEqual(expected);
  });

  test.each([
    [PYTORCH, '4', 'gvisor'],
    [PYTORCH, '4.0', 'gvisor'],
    [PYTORCH, '4001m', 'kata'],
    [SCIKIT, '999m', 'gvisor'],
    [SCIKIT, '1', 'kata'],
  ])('leaves a label alone it has nothing against: %s, %s CPU, %s', async (image, cpu, label) => {
    expect(sandboxOf(await attempt({ image, cpu, label }))).toMatchObject({
      label,
      runtimeClassName: label,
    });
  });
});

describe('an explicit class', () => {
  test('of a known runtime is kept and labelled', async () => {
    expect(sandboxOf(await attempt({ runtimeClassName: 'gvisor' }))).toEqual({
      label: 'gvisor',
      runtimeClassName: 'gvisor',
      decision: { runtime: 'gvisor', source: 'class', rules: [] },
    });
  });

  test('of no known runtime is refused', async () => {
    expect(await refused({ runtimeClassName: FOREIGN_CLASS })).toEqual(
      refusal(
        'UNKNOWN_CLASS',
        `Pod probe uses runtimeClassName ${FOREIGN_CLASS}, which is not one of gvisor, kata`,
      ),
    );
  });

  test('that a rule does not accept is refused', async () => {
    const options = { image: 'pytorch', cpu: '5', runtimeClassName: 'gvisor' };
    expect(await refused(options)).toEqual(
      refusal('RULE_VIOLATED', 'Workload probe with high compute requires runtime kata'),
    );
  });
});

describe('a required label', () => {
  const invalid = { name: 'invalid-ai-test', container: 'ai-model' };

  test('that is missing: the pod is refused in the words of the tutorial', async () => {
    expect(await refused(invalid, PRODUCTION)).toEqual(
      refusal(
        'LABEL_REQUIRED',
        'Pod invalid-ai-test requires label secure-ai.io/runtime to use runtime kata',
      ),
    );
  });

  test('that is there: the pod is admitted', async () => {
    expect(sandboxOf(await attempt({ ...invalid, label: 'kata' }, PRODUCTION))).toMatchObject({
      runtimeClassName: 'kata',
    });
  });
});

describe('a Deployment', () => {
  const create = async (
    name: string,
    namespace: string,
    options: Omit<PodOptions, 'namespace'>,
  ) => {
    const { spec } = pod({ namespace, ...options });
    const app = { app: name };
    const { status, body } = await platform.server.send({
      method: 'POST',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace },
        spec: {
          replicas: 1,
          selector: { matchLabels: app },
          template: {
            metadata: { labels: app },
            // The pods of a Deployment have no name yet when the mutator sees them, and may not end at once.
            spec: { ...spec, terminationGracePeriodSeconds: 1 },
          },
        },
      },
    });
    if (status !== 201) throw new Error(messageOf(body));
  };

  test('has its pods put in a sandbox', async () => {
    await create('training', enabled, { image: 'pytorch', cpu: '5' });
    const created = await until('a pod of the Deployment', async () => {
      const pods = await platform.api.list({
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: enabled,
        labelSelector: 'app=training',
      });
      return pods[0] ?? new NotYet('no pod');
    });
    expect(created.metadata.name).toMatch(/^training-/);
    expect(sandboxOf({ status: 200, body: created, warnings: [] })).toEqual({
      label: 'kata',
      runtimeClassName: 'kata',
      decision: { runtime: 'kata', source: 'rule', rules: ['high_compute'] },
    });
  });

  test('whose pods are refused says why in its conditions', async () => {
    await create('unlabelled', PRODUCTION, { container: 'ai-model' });
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: PRODUCTION,
      name: 'unlabelled',
    };
    const message = await until('the condition ReplicaFailure', async () => {
      const conditions = listAt(await platform.api.get(deployment), 'status', 'conditions');
      const failure = conditions.find(
        (condition) => stringAt(condition, 'type') === 'ReplicaFailure',
      );
      return stringAt(failure, 'message') ?? new NotYet(conditions);
    });
    await platform.api.delete(deployment);
    expect(message).toMatch(
      /"ai-runtime-mutator\.secure-ai\.io" denied the request: LABEL_REQUIRED: Pod unlabelled-\S+ requires label secure-ai\.io\/runtime to use runtime kata/,
    );
  });
});

describe('a namespace that is not turned on', () => {
  test.each([
    ['says nothing', {}],
    ['matches a rule', { image: 'pytorch', cpu: '5' }],
    ['has a container that requires the label elsewhere', { container: 'ai-model' }],
    ['has a label of no runtime', { label: 'runc' }],
    ['has a class of no runtime', { runtimeClassName: FOREIGN_CLASS }],
  ])('is left alone: a pod that %s', async (_title, options) => {
    const { label, runtimeClassName } = {
      label: undefined,
      runtimeClassName: undefined,
      ...options,
    };
    expect(sandboxOf(await attempt(options, plain))).toEqual({
      label,
      runtimeClassName,
      decision: undefined,
    });
  });
});

describe('an update', () => {
  const patch = (namespace: string, name: string, body: object, subresource = '') =>
    platform.server.send({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/${name}${subresource}`,
      contentType: 'application/strategic-merge-patch+json',
      body,
    });
  const labelled = (value: string | null) => ({ metadata: { labels: { [RUNTIME_LABEL]: value } } });

  test('of the label is judged', async () => {
    await createPod(platform, pod({ namespace: enabled, name: 'labelled', label: 'kata' }));
    const { status, body } = await patch(enabled, 'labelled', labelled('gvisor'));
    expect({ status, message: withoutHints(messageOf(body)) }).toEqual(
      refusedUpdate(
        'enforce-sandbox',
        'Pod labelled has runtime label gvisor but runtimeClassName kata',
      ),
    );
  });

  test('that takes a required label away is judged', async () => {
    const options = { namespace: PRODUCTION, name: 'e2e-required', label: 'kata' };
    await createPod(platform, pod({ ...options, container: 'ai-model' }));
    const { body } = await patch(PRODUCTION, 'e2e-required', labelled(null));
    await platform.api.delete({ apiVersion: 'v1', kind: 'Pod', ...options });
    expect(messageOf(body)).toContain(
      '[enforce-kata-label] Pod e2e-required requires label secure-ai.io/runtime to use runtime kata',
    );
  });

  describe('of a pod older than the platform, which would be refused today,', () => {
    let old: string;
    beforeAll(async () => {
      old = await makeNamespace(platform, 'e2e-old-');
      const { status } = await createPod(platform, pod({ namespace: old, name: 'old' }));
      expect(status).toBe(201);
      const { status: turnedOn } = await platform.server.send({
        method: 'PATCH',
        path: `/api/v1/namespaces/${old}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: ENABLED } },
      });
      expect(turnedOn).toBe(200);
      // Gatekeeper learns of the label by its watch of namespaces.
      await until('Gatekeeper judges pods of the namespace', async () => {
        const { status: found } = await patch(old, 'old', {
          spec: { containers: [{ name: 'main', image: 'busybox:2' }] },
        });
        return found === 403 || new NotYet(found);
      });
    });
    afterAll(() => deleteNamespaces(platform, [old]));

    test('is refused where it changes the image', async () => {
      const { status, body } = await patch(old, 'old', {
        spec: { containers: [{ name: 'main', image: 'busybox:3' }] },
      });
      expect({ status, message: withoutHints(messageOf(body)) }).toEqual(
        refusedUpdate('enforce-sandbox', `Pod old in namespace ${old} would run outside a sandbox`),
      );
    });

    test.each([
      ['annotations', { metadata: { annotations: { note: 'x' } } }, ''],
      ['finalizers', { metadata: { finalizers: [FINALIZER] } }, ''],
      ['status', { status: { message: 'x' } }, '/status'],
      [
        'finalizers again',
        { metadata: { '$deleteFromPrimitiveList/finalizers': [FINALIZER] } },
        '',
      ],
    ])('goes through where it changes %s', async (_title, change, subresource) => {
      const { status, body } = await patch(old, 'old', change, subresource);
      expect(status === 200 ? 'ok' : messageOf(body)).toBe('ok');
    });

    test('is never needed to delete it', async () => {
      const { status, body } = await platform.server.send({
        method: 'DELETE',
        path: `/api/v1/namespaces/${old}/pods/old`,
      });
      expect(status === 200 ? 'ok' : messageOf(body)).toBe('ok');
    });
  });
});

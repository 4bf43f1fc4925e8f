import { ApiObject, App, type ApiObjectProps, type Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { defineSandbox, SandboxChart, type SandboxInput } from '../../constructs';
import type { Manifest } from '../../constructs/internal/manifest-checks';
import { version } from '../../package.json';
import { SandboxError } from '../../base/errors';
import shipped from '../../sandbox.config';
import { manifests } from './expect-manifest';

const bundles = {
  webhook: 'webhook source',
  rotator: 'rotator source',
  installer: 'installer source',
};

const sandbox = (config = shipped, sources = bundles) =>
  new SandboxChart(new App(), 'sandbox', { config, bundles: sources });

const policy: SandboxInput['policy'] = {
  runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
};

/** Kinds of the API server that have no namespace, and Gatekeeper's that have none (crds of its release). */
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'RuntimeClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ConstraintTemplate',
  'K8sRequiredRuntime',
  'K8sDynamicRuntime',
  'K8sSandboxedRuntime',
]);

const OUR_DEPLOYMENTS = ['ai-runtime-mutator', 'ai-runtime-mutator-cert-rotator'];

/** Objects that have to be there before `object`, by construct dependencies, its own and those of its dependencies. */
function needs(object: IConstruct, found = new Set<IConstruct>()): ReadonlySet<IConstruct> {
  for (const dependency of object.node.dependencies) {
    if (found.has(dependency)) continue;
    found.add(dependency);
    needs(dependency, found);
  }
  return found;
}

const kind =
  (...kinds: string[]) =>
  (o: Manifest) =>
    kinds.includes(o.kind);
const named =
  (name: string, ...kinds: string[]) =>
  (o: Manifest) =>
    o.metadata.name === name && kinds.includes(o.kind);
const isConstraint = (o: Manifest) => o.apiVersion.startsWith('constraints.gatekeeper.sh/');

describe('the order of deployment', () => {
  const chart = sandbox();
  // Synthesis brings the dependencies of constructs down to their objects.
  const objects = manifests(chart);
  const all = chart.node.findAll().filter((construct) => construct instanceof ApiObject);

  test('ends with the registration of the mutator', () => {
    expect(objects.at(-1)).toMatchObject({
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'ai-runtime-mutator' },
    });
  });

  test.each<[string, (o: Manifest) => boolean, (o: Manifest) => boolean]>([
    [
      'the namespaces of node installers before RuntimeClasses',
      (o) => /^(kata|gvisor)-system$/.test(o.metadata.name),
      kind('RuntimeClass'),
    ],
    [
      'kata-system before what lives in it',
      named('kata-system', 'Namespace'),
      (o) => o.metadata.namespace === 'kata-system',
    ],
    [
      'the account of kata-deploy before kata-deploy, so that it is removed after it',
      (o) => /^kata-deploy-(sa|role|rb)$/.test(o.metadata.name),
      named('kata-deploy', 'DaemonSet'),
    ],
    [
      'gatekeeper-system before what lives in it',
      named('gatekeeper-system', 'Namespace'),
      (o) => o.metadata.namespace === 'gatekeeper-system',
    ],
    [
      'what the mutator reads and who it is before the mutator',
      (o) =>
        /^ai-runtime-mutator(-policy|-code-\w+)?$/.test(o.metadata.name) &&
        /^(ConfigMap|ServiceAccount)$/.test(o.kind),
      named('ai-runtime-mutator', 'Deployment'),
    ],
    [
      'the access of the rotator before the rotator',
      (o) =>
        /Role|ServiceAccount/.test(o.kind) && o.metadata.name === 'ai-runtime-mutator-cert-rotator',
      named('ai-runtime-mutator-cert-rotator', 'Deployment'),
    ],
    [
      'the mutator before its registration',
      named('ai-runtime-mutator', 'Deployment', 'Service'),
      named('ai-runtime-mutator', 'MutatingWebhookConfiguration'),
    ],
    [
      'Gatekeeper is asked before the mutator is',
      kind('ValidatingWebhookConfiguration'),
      named('ai-runtime-mutator', 'MutatingWebhookConfiguration'),
    ],
    [
      'RuntimeClasses before the mutator',
      kind('RuntimeClass'),
      named('ai-runtime-mutator', 'Deployment'),
    ],
    [
      'the rotator before the mutator that mounts its certificate',
      named('ai-runtime-mutator-cert-rotator', 'Deployment'),
      named('ai-runtime-mutator', 'Deployment'),
    ],
    [
      'Gatekeeper before templates',
      named('gatekeeper-audit', 'Deployment'),
      kind('ConstraintTemplate'),
    ],
    [
      'Gatekeeper before it is asked',
      named('gatekeeper-controller-manager', 'Deployment'),
      named('gatekeeper-validating-webhook-configuration', 'ValidatingWebhookConfiguration'),
    ],
    ['CRDs before templates', kind('CustomResourceDefinition'), kind('ConstraintTemplate')],
    ['namespaces of tenants before constraints', named('ai-production', 'Namespace'), isConstraint],
    [
      'constraints before Gatekeeper is asked',
      isConstraint,
      named('gatekeeper-validating-webhook-configuration', 'ValidatingWebhookConfiguration'),
    ],
  ])('%s', (_, earlier, later) => {
    const first = all.filter((o) => earlier(o.toJson() as Manifest));
    const second = all.filter((o) => later(o.toJson() as Manifest));
    expect([first.length, second.length]).not.toContain(0);
    for (const object of second) {
      const needed = needs(object);
      expect(first.filter((other) => !needed.has(other)).map(({ name }) => name)).toEqual([]);
    }
  });
});

test('each constraint waits for the template that makes its kind', () => {
  const chart = sandbox();
  const constraints = chart.node
    .findAll()
    .filter((construct) => construct instanceof ApiObject)
    .filter(({ apiGroup }) => apiGroup === 'constraints.gatekeeper.sh');
  expect(constraints.length).toBeGreaterThan(2);
  manifests(chart);
  for (const constraint of constraints) {
    const needed = [...needs(constraint)].filter((other) => other instanceof ApiObject);
    const templates = needed.filter((other) => other.kind === 'ConstraintTemplate');
    expect(templates.map(({ name }) => name)).toEqual([constraint.kind.toLowerCase()]);
  }
});

describe('every object', () => {
  const objects = manifests(sandbox());

  test('has a namespace exactly where its kind has one', () => {
    const wrong = objects.filter(
      (o) => CLUSTER_SCOPED.has(o.kind) === (o.metadata.namespace !== undefined),
    );
    expect(wrong.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([]);
  });

  test('in a namespace has that namespace in the chart', () => {
    const namespaces = new Set(objects.filter(kind('Namespace')).map((o) => o.metadata.name));
    const used = new Set(objects.flatMap((o) => o.metadata.namespace ?? []));
    expect([...used].filter((name) => !namespaces.has(name))).toEqual([]);
  });

  test('is either of Gatekeeper or labelled as ours, with the version of package.json', () => {
    const labels = objects.map(({ metadata }) => (metadata as { labels?: object }).labels);
    const ours = labels.filter(
      (label) => !(label !== undefined && 'gatekeeper.sh/system' in label),
    );
    expect(ours.length).toBeGreaterThan(20);
    for (const label of ours) {
      expect(label).toMatchObject({
        'app.kubernetes.io/name': expect.any(String) as unknown,
        'app.kubernetes.io/part-of': 'secure-ai-sandbox',
        'app.kubernetes.io/managed-by': 'cdk8s',
        'app.kubernetes.io/version': version,
      });
    }
  });

  test('is one of its kind', () => {
    const ids = objects.map((o) =>
      [o.apiVersion, o.kind, o.metadata.namespace, o.metadata.name].join('/'),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('our own pods', () => {
  test.each(OUR_DEPLOYMENTS)('%s keeps the Pod Security Standard "restricted"', (name) => {
    const deployment = manifests(sandbox()).find(
      (o) => o.kind === 'Deployment' && o.metadata.name === name,
    );
    const pod = deployment?.spec?.template?.spec as unknown as PodSpec;
    const forbidden = [
      'hostNetwork',
      'hostPID',
      'hostIPC',
      'hostUsers',
      'initContainers',
      'ephemeralContainers',
    ];
    expect(Object.keys(pod).filter((member) => forbidden.includes(member))).toEqual([]);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.securityContext).not.toMatchObject({ runAsUser: 0 });
    for (const { ports = [], securityContext } of pod.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
      expect(ports.filter((port) => 'hostPort' in port)).toEqual([]);
    }
    const kinds = pod.volumes.flatMap((volume) =>
      Object.keys(volume).filter((key) => key !== 'name'),
    );
    expect(kinds.filter((volumeKind) => !['configMap', 'secret'].includes(volumeKind))).toEqual([]);
  });

  interface PodSpec {
    securityContext: object;
    containers: { securityContext: object; ports?: object[] }[];
    volumes: object[];
  }
});

test('two syntheses are the same, byte for byte', () => {
  expect(JSON.stringify(manifests(sandbox()))).toBe(JSON.stringify(manifests(sandbox())));
});

describe('a chart that breaks rules is not synthesized', () => {
  const broken = (change: (chart: Chart) => void, config = shipped, sources = bundles) => {
    const chart = sandbox(config, sources);
    change(chart);
    return () => manifests(chart);
  };
  const nothing = () => undefined;
  const thrownBy = (run: () => unknown): SandboxError => {
    try {
      run();
    } catch (error) {
      if (error instanceof SandboxError) return error;
      throw error;
    }
    throw new Error('nothing was thrown');
  };

  test('a ConfigMap that is too large', () => {
    const large = { ...bundles, webhook: 'é'.repeat(600_000) };
    expect(broken(nothing, shipped, large)).toThrow(
      /CHART_INVALID ConfigMap\/gatekeeper-system\/ai-runtime-mutator-code-[0-9a-f]+:/,
    );
  });

  test('all broken rules are reported together', () => {
    const change = (chart: Chart) => {
      const webhook = { name: 'all.example.org', failurePolicy: 'Fail', namespaceSelector: {} };
      const apiVersion = 'admissionregistration.k8s.io/v1';
      const object = (id: string, rest: ApiObjectProps) =>
        new ApiObject(chart, id, { metadata: { name: id.toLowerCase() }, ...rest });
      object('Selects-nothing', {
        apiVersion,
        kind: 'ValidatingWebhookConfiguration',
        webhooks: [webhook],
      });
      object('By-default', {
        apiVersion,
        kind: 'MutatingWebhookConfiguration',
        webhooks: [{ name: 'x', timeoutSeconds: 3 }],
      });
      object('Bare', { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', handler: 'x' });
      object('Pod', {
        apiVersion: 'v1',
        kind: 'Pod',
        spec: {
          initContainers: [{ name: 'i', image: 'a:latest', securityContext: { privileged: true } }],
        },
      });
      object('Job', {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        spec: {
          jobTemplate: {
            spec: { template: { spec: { containers: [{ name: 'c', image: 'a' }] } } },
          },
        },
      });
      new ApiObject(chart, 'Twin', {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'job' },
      });
    };
    const error = thrownBy(broken(change));
    expect(error.code).toBe('CHART_INVALID');
    expect(error.problems.map(({ path }) => path).sort()).toEqual(
      [
        'CronJob.batch/job',
        'CronJob.batch/job.containers[c].image',
        'MutatingWebhookConfiguration.admissionregistration.k8s.io/by-default.webhooks[x]',
        'Pod/pod.containers[i].image',
        'Pod/pod.containers[i].securityContext.privileged',
        'RuntimeClass.node.k8s.io/bare.overhead.podFixed',
        'RuntimeClass.node.k8s.io/bare.scheduling.nodeSelector',
        'ValidatingWebhookConfiguration.admissionregistration.k8s.io/selects-nothing.webhooks[all.example.org]',
        'ValidatingWebhookConfiguration.admissionregistration.k8s.io/selects-nothing.webhooks[all.example.org].timeoutSeconds',
      ].sort(),
    );
  });

  test('an installer of a node namespace may be privileged', () => {
    const change = (chart: Chart) =>
      new ApiObject(chart, 'Installer', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'installer', namespace: 'gvisor-system' },
        spec: {
          containers: [{ name: 'c', image: 'a:1.0.0', securityContext: { privileged: true } }],
        },
      });
    expect(broken(change)).not.toThrow();
  });

  test('a webhook that fails open needs no selector', () => {
    const change = (chart: Chart) =>
      new ApiObject(chart, 'Open', {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'open' },
        webhooks: [{ name: 'x', failurePolicy: 'Ignore' }],
      });
    expect(broken(change)).not.toThrow();
  });
});

describe('the Kata nodes', () => {
  const { kata } = shipped.nodes;
  const kataClass = (chart: Chart) =>
    manifests(chart).find(named('kata', 'RuntimeClass')) as unknown as {
      handler: string;
      scheduling: { nodeSelector: object; tolerations: { key: string }[] };
    };

  test('get what the RuntimeClass needs, and the label it selects', () => {
    const { handler, scheduling } = kataClass(sandbox());
    expect(kata?.shims.map((shim) => `kata-${shim}`)).toEqual([handler]);
    // kata-deploy sets it once the node has the handlers.
    expect(scheduling.nodeSelector).toEqual({ 'katacontainers.io/kata-runtime': 'true' });
  });

  test('keep sandboxed pods away by their startup taint, which no RuntimeClass tolerates', () => {
    const { tolerations } = kataClass(sandbox()).scheduling;
    expect(kata?.startupTaints.map(({ key }) => key)).toEqual(['katacontainers.io/kata-runtime']);
    expect(tolerations.map(({ key }) => key)).toEqual(['secure-ai.io/pool']);
  });

  test('are left alone where the policy has no Kata runtime', () => {
    const names = manifests(sandbox(defineSandbox({ policy }))).map((o) => o.metadata.name);
    expect(names.filter((name) => /^kata-(deploy|monitor)/.test(name))).toEqual([]);
  });
});

test('a platform without tenants or rules is a platform still', () => {
  const kinds = manifests(sandbox(defineSandbox({ policy }))).map((o) => o.kind);
  expect(kinds).toEqual(expect.arrayContaining(['RuntimeClass', 'Deployment']));
  expect(kinds).not.toContain('LimitRange');
});

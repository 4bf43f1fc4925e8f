/**
 * The main job on a real node: the synthesized objects unmodified, pods that really run in gVisor, and what becomes of pods
 * while parts of the platform are restarted or killed.
 */
import { listAt, textAt, type KubernetesObject } from '../../deploy/kubernetes/object';
import { nodeSupport } from '../../local/node/nodes';
import { MUTATOR, NAMESPACES } from '../../policy/names';
import type { StepResult, VerificationReport } from '../../verify/model';
import { ROOT, secureAi } from '../e2e/support/command';
import { KUBECONFIG_VARIABLE } from '../e2e/support/environment';
import { ENABLED, makeNamespace } from '../e2e/support/namespaces';
import { connectPlatform, type Platform } from '../e2e/support/platform';
import { pod, tryPod, messageOf } from '../e2e/support/pods';
import { startTraffic } from '../e2e/support/traffic';
import { NotYet, until } from '../e2e/support/wait';
import { VERSIONS } from '../../versions';
import { describeWhere } from '../support/suite';

/** With a cold cache, containerd, gVisor and the kubelet are built first. */
const UP_TIMEOUT_MILLISECONDS = 1_800_000;

jest.setTimeout(600_000);

const support = nodeSupport();

describeWhere('a real node', support.supported ? undefined : support.reasons.join('; '), () => {
  const cluster = `nodes-${process.pid}`;
  let platform: Platform;
  let enabled: string;
  let report: VerificationReport;

  const up = async () => {
    const { status, stdout } = await secureAi(
      ['up', '--cluster', cluster, '--nodes', '1', '--json'],
      {
        stderr: 'show',
        timeoutMilliseconds: UP_TIMEOUT_MILLISECONDS,
      },
    );
    if (status !== 0) throw new Error(`secure-ai up in ${ROOT} ended with ${status}:\n${stdout}`);
    return JSON.parse(stdout) as { kubeconfig: string; verification: VerificationReport };
  };

  beforeAll(async () => {
    const result = await up();
    report = result.verification;
    process.env[KUBECONFIG_VARIABLE] = result.kubeconfig;
    platform = await connectPlatform();
    enabled = await makeNamespace(platform, 'e2e-nodes-', { labels: ENABLED });
  }, UP_TIMEOUT_MILLISECONDS);

  afterAll(async () => {
    platform?.close();
    const { status, stderr } = await secureAi(['down', '--cluster', cluster]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  const pods = (namespace: string, labelSelector?: string) =>
    platform.api.list({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      ...(labelSelector !== undefined && { labelSelector }),
    });
  const step = (id: string): StepResult | undefined => report.steps.find((s) => s.id === id);

  test('runs the pods of the platform, on the node', async () => {
    const system = [...(await pods(NAMESPACES.gatekeeper)), ...(await pods(NAMESPACES.gvisor))];
    const states = system.map((live) => [
      textAt(live, 'status', 'phase'),
      textAt(live, 'spec', 'nodeName'),
    ]);
    // Two mutators, their rotator, two Gatekeeper controllers, its audit, the gVisor installer.
    expect(states).toEqual(Array(7).fill(['Running', 'node-1']));
  });

  test("proves the kernel of a gVisor pod, and finds the node's kernel outside a sandbox", () => {
    expect(report.counts.fail).toBe(0);
    expect(step('proof-gvisor')).toMatchObject({
      status: 'pass',
      evidence: {
        node: 'node-1',
        handler: 'runsc',
        output: expect.stringContaining('Starting gVisor') as string,
      },
    });
    const evidence = (step('proof-gvisor') as { evidence: Record<string, unknown> }).evidence;
    expect(evidence['podKernel']).not.toBe(evidence['nodeKernel']);
    expect(evidence['sandboxesStarted']).toBeGreaterThan(0);
    expect(step('control')).toMatchObject({
      status: 'pass',
      evidence: { podKernel: evidence['nodeKernel'] },
    });
  });

  test('says that Kata was not run, and why', () => {
    expect(step('proof-kata')).toMatchObject({
      status: 'not-run',
      reason: expect.stringContaining('offers handler kata-qemu-runtime-rs') as string,
    });
  });

  const traffic = () => startTraffic(platform, pod({ namespace: enabled, label: 'kata' }));
  const MUTATOR_PODS = `app.kubernetes.io/name=${MUTATOR.name}`;
  const CONTROLLER_PODS = 'control-plane=controller-manager';

  const restart = async (name: string) => {
    const { status } = await platform.server.send({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${NAMESPACES.gatekeeper}/deployments/${name}`,
      contentType: 'application/merge-patch+json',
      body: {
        spec: {
          template: {
            metadata: {
              annotations: { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() },
            },
          },
        },
      },
    });
    expect(status).toBe(200);
  };

  const uidsOf = async (selector: string) =>
    (await pods(NAMESPACES.gatekeeper, selector)).map(({ metadata }) => metadata.uid);

  const untilReplaced = (selector: string, before: readonly unknown[]) =>
    until(`other pods of ${selector}, all ready`, async () => {
      const live = await pods(NAMESPACES.gatekeeper, selector);
      const fresh = live.every(({ metadata }) => !before.includes(metadata.uid));
      return (
        (fresh && live.length === before.length && live.every(isReady)) || new NotYet(live.length)
      );
    });

  /** As SIGKILL: the pod is given no time, and its object is gone at once. */
  const kill = async (name: string | undefined) => {
    const path = `/api/v1/namespaces/${NAMESPACES.gatekeeper}/pods/${name}?gracePeriodSeconds=0`;
    expect((await platform.server.send({ method: 'DELETE', path })).status).toBe(200);
  };

  test('a rolling restart of the mutator loses no pod and lets none through unmutated', async () => {
    const before = await uidsOf(MUTATOR_PODS);
    const stream = traffic();
    await stream.flows();
    await restart(MUTATOR.name);
    await untilReplaced(MUTATOR_PODS, before);
    await stream.flows();
    expect(await stream.stop()).toEqual({ kata: expect.any(Number) as number });
  });

  test('a mutator that is killed costs what was under way, and lets nothing through unmutated', async () => {
    const before = await pods(NAMESPACES.gatekeeper, MUTATOR_PODS);
    const stream = traffic();
    await stream.flows();
    await kill(before[0]?.metadata.name);
    await until('two ready mutators again', async () => {
      const live = await pods(NAMESPACES.gatekeeper, MUTATOR_PODS);
      return (live.length === 2 && live.every(isReady)) || new NotYet(live.length);
    });
    await stream.flows();
    expectOnlyOutages(await stream.stop());
  });

  test('Gatekeeper restarts: nothing unjudged gets in', async () => {
    const before = await uidsOf(CONTROLLER_PODS);
    const stream = traffic();
    await stream.flows();
    await restart('gatekeeper-controller-manager');
    await untilReplaced(CONTROLLER_PODS, before);
    await stream.flows();
    expectOnlyOutages(await stream.stop());
  });

  test('both mutators gone: refused with a reason meanwhile, and back without help', async () => {
    for (const { metadata } of await pods(NAMESPACES.gatekeeper, MUTATOR_PODS))
      await kill(metadata.name);
    const refusal = await until('a refusal or the way back', async () => {
      const { status, body } = await tryPod(platform, pod({ namespace: enabled, label: 'kata' }));
      return status === 201 ? 'admitted' : messageOf(body);
    });
    expect(refusal).toMatch(
      /^admitted$|failed calling webhook "ai-runtime-mutator\.secure-ai\.io"/,
    );
    await until('an admitted pod', async () => {
      const { status, body } = await tryPod(platform, pod({ namespace: enabled, label: 'kata' }));
      return status === 201 || new NotYet(messageOf(body));
    });
  });

  test('without the installer gVisor leaves the node, and its pods wait; with it they run', async () => {
    const node = () => platform.api.get({ apiVersion: 'v1', kind: 'Node', name: 'node-1' });
    const handlers = (live: KubernetesObject | undefined) =>
      listAt(live, 'status', 'runtimeHandlers').map((item) => textAt(item, 'name'));
    await platform.api.delete({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      namespace: NAMESPACES.gvisor,
      name: 'gvisor-installer',
    });
    await until('a node without gVisor', async () => {
      const live = await node();
      const gone =
        !handlers(live).includes('runsc') &&
        live?.metadata.labels?.['secure-ai.io/gvisor-runtime'] === undefined;
      return gone || new NotYet(handlers(live));
    });

    const name = 'waits-for-gvisor';
    const waiting = pod({ namespace: enabled, name, label: 'gvisor', image: BUSYBOX });
    await platform.api.create(withCommand(waiting));
    const live = () =>
      platform.api.get({ apiVersion: 'v1', kind: 'Pod', namespace: enabled, name });
    await until('the reason why it waits', async () => {
      const [scheduled] = listAt(await live(), 'status', 'conditions').filter(
        (condition) => textAt(condition, 'type') === 'PodScheduled',
      );
      return textAt(scheduled, 'reason') === 'Unschedulable' || new NotYet(scheduled);
    });

    report = (await up()).verification;
    expect(report.counts.fail).toBe(0);
    await until('the pod has run', async () => {
      const phase = textAt(await live(), 'status', 'phase');
      return phase === 'Succeeded' || new NotYet(phase);
    });
    expect(await platform.api.logs(enabled, name)).toContain('Starting gVisor');
  });
});

function isReady(live: KubernetesObject): boolean {
  return listAt(live, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
}

/** Pods that got through are whole; those that did not were refused because a webhook could not be reached. */
function expectOnlyOutages(outcomes: Readonly<Record<string, number>>): void {
  expect(outcomes['kata']).toBeGreaterThan(0);
  for (const outcome of Object.keys(outcomes))
    expect(outcome).toMatch(/^kata$|^refused: .*failed calling webhook/);
}

const BUSYBOX = `docker.io/library/busybox:${VERSIONS.busyboxImage}`;

function withCommand(body: ReturnType<typeof pod>) {
  const [container] = body.spec.containers;
  const spec = {
    ...body.spec,
    restartPolicy: 'Never',
    securityContext: { ...body.spec.securityContext, runAsUser: 65_534 },
    containers: [{ ...container, imagePullPolicy: 'IfNotPresent', command: ['dmesg'] }],
  };
  return { ...body, spec };
}

/**
 * The main job on a real node: the synthesized objects unmodified, pods that really run in gVisor, and what becomes of pods
 * while parts of the platform are restarted or killed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { listAt, stringAt, valueAt, type KubernetesObject } from '../../kubernetes/object';
import { nodeSupport } from '../../local/node/support';
import { clusterStateDir } from '../../local/paths';
import { markedProcesses } from '../../local/processes/marked';
import { NAMESPACES } from '../../base/names';
import type { StepResult, VerificationReport } from '../../verify/step';
import { describeCertificates } from '../e2e/support/certificates';
import { KUBECONFIG_VARIABLE } from '../e2e/support/environment';
import { describeFlood } from '../e2e/support/flood-pod';
import { down, NOTHING_TO_DO, up } from '../e2e/support/main-job';
import { CLOSED, makeNamespace } from '../e2e/support/namespaces';
import { patient, PLANNED, plannedObjects, type Planned } from '../e2e/support/planned';
import { connectPlatform, type Platform } from '../e2e/support/platform';
import { pod, tryPod, messageOf } from '../fixtures/pods';
import { CONTROLLER_PODS, isReady, MUTATOR_PODS, podsOf, restart } from '../e2e/support/rollout';
import { startTraffic } from '../e2e/support/traffic';
import { NotYet, until } from '../e2e/support/wait';
import { containerProcesses, hostState, killProcess } from '../local/node/host';
import { VERSIONS } from '../../base/versions';
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

  const stateDir = clusterStateDir(cluster);
  const mainJob = () => up({ cluster, nodes: 1, timeoutMilliseconds: UP_TIMEOUT_MILLISECONDS });
  let before: Awaited<ReturnType<typeof hostState>>;

  beforeAll(async () => {
    before = await hostState(stateDir);
    const result = await mainJob();
    report = result.verification;
    process.env[KUBECONFIG_VARIABLE] = result.kubeconfig;
    platform = await connectPlatform();
    enabled = await makeNamespace(platform, 'e2e-nodes-', { labels: CLOSED });
  }, UP_TIMEOUT_MILLISECONDS);

  afterAll(async () => {
    platform?.close();
    await down(cluster);
  });

  const pods = (namespace: string) =>
    platform.api.list({ apiVersion: 'v1', kind: 'Pod', namespace });
  const step = (id: string): StepResult | undefined => report.steps.find((s) => s.id === id);

  test('runs the pods of the platform, on the node', async () => {
    const system = [...(await pods(NAMESPACES.gatekeeper)), ...(await pods(NAMESPACES.gvisor))];
    const states = system.map((live) => [
      stringAt(live, 'status', 'phase'),
      stringAt(live, 'spec', 'nodeName'),
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

  test('shows which layer refused a pod, and that Gatekeeper alone refuses it too', () => {
    for (const id of ['unlabelled-refused', 'mislabelled-refused']) {
      const refusal = step(id);
      expect(refusal).toMatchObject({
        status: 'pass',
        evidence: {
          answeredBy: expect.stringMatching(/^(mutator|gatekeeper)$/) as string,
          gatekeeperAlone: {
            allowed: false,
            message: expect.stringContaining(refusal?.expected ?? 'no message') as string,
          },
        },
      });
    }
  });

  test('says that Kata was not run, and why', () => {
    expect(step('proof-kata')).toMatchObject({
      status: 'not-run',
      reason: expect.stringContaining('offers handler kata-qemu-runtime-rs') as string,
    });
  });

  test('up again: everything is as it was', async () => {
    const { deployment, verification } = await mainJob();
    expect(deployment).toMatchObject(NOTHING_TO_DO);
    expect(verification.counts.fail).toBe(0);
  });

  describeFlood(() => ({ platform, namespace: enabled }));

  const traffic = () => startTraffic(platform, pod({ namespace: enabled, label: 'kata' }));

  describe('at 50 creations a second', () => {
    const CONFIGURATIONS = [PLANNED.mutatorConfiguration, PLANNED.gatekeeperConfiguration];
    let planned: Planned;

    beforeAll(async () => {
      planned = await plannedObjects(platform);
      for (const id of CONFIGURATIONS) await planned.change(id, patient);
    });

    afterAll(async () => {
      for (const id of CONFIGURATIONS) await planned.restore(id);
    });

    describeCertificates(() => ({ platform, planned, namespace: enabled }));

    const throughRestart = async (replicas: Parameters<typeof restart>[1]) => {
      const stream = traffic();
      await stream.flows();
      await restart(platform, replicas);
      await stream.flows();
      return stream.stop();
    };

    test('a rolling restart of the mutator loses no pod and lets none through unmutated', async () => {
      expect(await throughRestart(MUTATOR_PODS)).toEqual({ kata: expect.any(Number) as number });
    });

    test('a rolling restart of Gatekeeper lets none through unmutated, and refuses at most what it was asked while it stopped', async () => {
      const { kata, ...others } = await throughRestart(CONTROLLER_PODS);
      expect(kata).toBeGreaterThan(0);
      for (const outcome of Object.keys(others))
        expect(outcome).toMatch(
          /^refused: (admission webhook "validation\.gatekeeper\.sh" denied the request: .*context canceled|Internal error occurred: failed calling webhook "validation\.gatekeeper\.sh": .*(broken pipe|connection reset by peer|EOF)$)/,
        );
    });

    test.each([
      ['a mutator', MUTATOR_PODS, '/app/webhook.js'],
      ['a Gatekeeper', CONTROLLER_PODS, '--operation=webhook'],
    ])(
      '%s dies by kill -9: what was on its way is refused, nothing comes through unmutated or unjudged',
      async (_, replicas, word) => {
        const [victim] = containerProcesses(stateDir, word);
        const stream = traffic();
        await stream.flows();
        killProcess(victim);
        await until('a restarted container, and all of them ready', async () => {
          const live = await podsOf(platform, replicas);
          const restarts = live.map((one) =>
            valueAt(listAt(one, 'status', 'containerStatuses')[0], 'restartCount'),
          );
          return (
            (restarts.some((count) => count !== 0) && live.every(isReady)) || new NotYet(restarts)
          );
        });
        await stream.flows();
        const { kata, ...others } = await stream.stop();
        expect(kata).toBeGreaterThan(0);
        for (const outcome of Object.keys(others))
          expect(outcome).toMatch(/^refused: .*failed calling webhook/);
      },
    );
  });

  test('both mutators gone: refused with a reason meanwhile, and back without help', async () => {
    for (const { metadata } of await podsOf(platform, MUTATOR_PODS)) {
      // Given no time, and the object is gone at once.
      const path = `/api/v1/namespaces/${NAMESPACES.gatekeeper}/pods/${metadata.name}?gracePeriodSeconds=0`;
      expect((await platform.server.send({ method: 'DELETE', path })).status).toBe(200);
    }
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

  describe('what the container without the host plants in the exchange', () => {
    /** In the container that runs `node /app/installer.js VERB`, as its user and with no capability. */
    const inContainer = (verb: string, script: string): string => {
      const [pid] = containerProcesses(stateDir, verb);
      if (pid === undefined) throw new Error(`nothing runs ${verb}`);
      const namespaces = ['--target', String(pid), '--mount', '--pid', '--root', '--wd=/'];
      const user = ['--setuid', '1000', '--setgid', '1000'];
      const [file, ...args] = ['nsenter', ...namespaces, ...user, 'node', '-e', script] as const;
      return execFileSync(file, args, {
        encoding: 'utf8',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      });
    };
    const planting = (directory: string, name: string, target: string) =>
      `try { require('fs').symlinkSync(${JSON.stringify(target)}, ${JSON.stringify(`${directory}/${name}`)}); console.log('planted') }
       catch (error) { console.log(error.code) }`;

    test('it cannot plant anything where the installer writes', () => {
      for (const name of ['status.json.new', 'status.json', 'anything'])
        expect(inContainer('label', planting('/status', name, '/host/opt/victim')).trim()).toMatch(
          name === 'status.json' ? /^(EROFS|EEXIST)$/ : /^EROFS$/,
        );
    });

    test('links where it writes itself lead the installer nowhere, and its shutdown decision still counts', () => {
      const victim = '/host/etc/containerd/config.toml';
      for (const name of ['shutdown-decision.json.new', 'shutdown-decision.json'])
        expect(inContainer('label', planting('/shutdown', name, victim)).trim()).toBe('planted');
      // The test below ends both containers: the installer has to uninstall, on a word written over these links.
    });
  });

  test('without the installer gVisor leaves the node, and its pods wait; with it they run', async () => {
    const node = () => platform.api.get({ apiVersion: 'v1', kind: 'Node', name: 'node-1' });
    const handlers = (live: KubernetesObject | undefined) =>
      listAt(live, 'status', 'runtimeHandlers').map((item) => stringAt(item, 'name'));
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
        (condition) => stringAt(condition, 'type') === 'PodScheduled',
      );
      return stringAt(scheduled, 'reason') === 'Unschedulable' || new NotYet(scheduled);
    });

    const { deployment, verification } = await mainJob();
    expect(deployment).toMatchObject({ ...NOTHING_TO_DO, created: 1 });
    expect(verification.counts.fail).toBe(0);
    await until('the pod has run', async () => {
      const phase = stringAt(await live(), 'status', 'phase');
      return phase === 'Succeeded' || new NotYet(phase);
    });
    expect(await platform.api.logs(enabled, name)).toContain('Starting gVisor');
  });

  test('down leaves the computer as it was, and so does another run of up and down', async () => {
    const expectNothingLeft = async () => {
      expect(await hostState(stateDir)).toEqual(before);
      expect(await markedProcesses(stateDir)).toEqual([]);
      expect(existsSync(stateDir)).toBe(false);
    };
    await down(cluster);
    await expectNothingLeft();
    await mainJob();
    await down(cluster);
    await expectNothingLeft();
  });
});

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

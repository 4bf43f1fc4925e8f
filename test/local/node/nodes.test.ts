import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectByPath, type PathApi } from '../../../kubernetes/by-path';
import { startCluster, stopCluster, type LocalCluster } from '../../../local/cluster';
import { findInit } from '../../../local/node/namespaces';
import type { LocalNode } from '../../../local/node/bring-up';
import { startNodes, stopNodes } from '../../../local/node/nodes';
import { markedProcesses } from '../../../local/processes/marked';
import { clusterStateDir } from '../../../local/paths';
import { resolveTools } from '../../../local/toolchain/resolve';
import { describeWhere } from '../../support/suite';
import { eventually, type Scratch } from '../scratch';
import { hostState, killProcess } from './host';
import { SCRIPT_OPTIONS, nodeObstacle, scriptArguments, useNodeCache } from './obstacle';
import { GVISOR_CLASS, installer, service, workload, type Pod } from './workloads';

const run = promisify(execFile);
const PODS = '/api/v1/namespaces/default/pods';
/** A cold cache means building containerd, runsc, the kubelet and CoreDNS. */
const BUILD_TIMEOUT_MILLISECONDS = 1_800_000;

jest.setTimeout(180_000);

describeWhere('nodes of this computer', nodeObstacle(), () => {
  let scratch: Scratch;
  let cluster: LocalCluster;
  let client: PathApi;
  let nodes: readonly LocalNode[];
  let kubectl: string;
  let before: Awaited<ReturnType<typeof hostState>>;

  const kube = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args]);
    return stdout.trim();
  };
  const inPod = (pod: string, ...command: string[]) => kube('exec', pod, '--', ...command);
  const running = (name: string): Promise<string> =>
    eventually(`pod ${name} runs`, async () => {
      const { status } = await client.get<Pod>(`${PODS}/${name}`);
      return status?.phase === 'Running' ? status.podIP : undefined;
    });
  const ended = (name: string): Promise<string> =>
    eventually(`pod ${name} ends`, async () => {
      const { status } = await client.get<Pod>(`${PODS}/${name}`);
      return /Succeeded|Failed/.test(status?.phase ?? '') ? status?.phase : undefined;
    });

  beforeAll(async () => {
    scratch = useNodeCache();
    ({ kubectl } = await resolveTools(['kubectl']));
    before = await hostState(clusterStateDir('nodes'));
    cluster = await startCluster({ name: 'nodes' });
    client = await connectByPath({ kubeconfig: cluster.kubeconfig });
    nodes = await startNodes(cluster, { count: 2, gvisor: 'preinstalled' });
    await client.create('/apis/node.k8s.io/v1/runtimeclasses', GVISOR_CLASS);
    for (const [index, { name }] of nodes.entries()) {
      await client.create(PODS, workload(`plain-${index}`, { nodeName: name }));
      const sandboxed = { nodeName: name, runtimeClassName: 'gvisor' };
      await client.create(PODS, workload(`sandboxed-${index}`, sandboxed));
      await client.create('/api/v1/namespaces/default/services', service(`plain-${index}`));
      await client.create('/api/v1/namespaces/default/services', service(`sandboxed-${index}`));
    }
  }, BUILD_TIMEOUT_MILLISECONDS);

  afterAll(async () => {
    client?.close();
    await stopNodes('nodes');
    await stopCluster('nodes');
    scratch.remove();
  });

  const ALL = ['plain-0', 'plain-1', 'sandboxed-0', 'sandboxed-1'];

  test('a pod without a class runs on the kernel of the computer', async () => {
    await running('plain-0');
    expect(await inPod('plain-0', 'uname', '-r')).toBe(release());
  });

  test('a pod of class gvisor runs on a kernel of its own', async () => {
    await running('sandboxed-0');
    expect(await inPod('sandboxed-0', 'uname', '-r')).not.toBe(release());
    expect(await inPod('sandboxed-0', 'dmesg')).toContain('Starting gVisor');
  });

  test('logs come from the node', async () => {
    await running('sandboxed-1');
    expect(await kube('logs', 'sandboxed-1')).toContain('started');
  });

  test('every pod reaches every pod, on its own node and the other, by address and by name', async () => {
    const addresses = await Promise.all(ALL.map(running));
    for (const from of ALL) {
      for (const [index, to] of ALL.entries()) {
        expect(await inPod(from, 'wget', '-qO-', `http://${addresses[index]}:8080/name`)).toBe(to);
        expect(await inPod(from, 'wget', '-qO-', `http://${to}.default/name`)).toBe(to);
      }
    }
  });

  test('the computer reaches pods, and so does the API server, as it does webhooks', async () => {
    for (const name of ALL) {
      const response = await fetch(`http://${await running(name)}:8080/name`);
      expect((await response.text()).trim()).toBe(name);
      const path = `/api/v1/namespaces/default/services/${name}:80/proxy/name`;
      expect((await client.get<string>(path)).trim()).toBe(name);
    }
  });

  test('pods reach the API server at its Service', async () => {
    for (const name of ALL) {
      await running(name);
      expect(
        await inPod(name, 'sh', '-c', 'nc -w 5 kubernetes.default 443 </dev/null && echo open'),
      ).toBe('open');
    }
  });

  test('containerd that is ended comes back, and pods run on', async () => {
    await running('plain-0');
    const name = nodes[0]?.name ?? '';
    // Kills after the start of this pod is through, and goes on: a container that ends while containerd is away
    // is taken for failed.
    const script = `
      until [ -e /tmp/started ]; do sleep 0.1; done
      old=$(pidof containerd); kill $old
      until new=$(pidof containerd) && [ "$new" != "$old" ]; do sleep 0.1; done
      echo restarted; sleep 1000`;
    await client.create(PODS, installer('restart-containerd', name, script));
    await running('restart-containerd');
    await inPod('restart-containerd', 'touch', '/tmp/started');
    await eventually('containerd has restarted', async () =>
      (await kube('logs', 'restart-containerd').catch(() => '')) === 'restarted' ? true : undefined,
    );
    await client.create(PODS, workload('after-restart', { nodeName: name }));
    await running('after-restart');
    const { status } = await client.get<Pod>(`${PODS}/plain-0`);
    expect(status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test('what a privileged pod writes into the root of its node stays in the node', async () => {
    const files = [
      'opt/of-node',
      'etc/of-node',
      'usr/local/bin/of-node',
      'etc/containerd/conf.d/of-node',
      'of-node',
    ];
    const script = `cd /node && touch ${files.join(' ')}`;
    await client.create(PODS, installer('writer', nodes[1]?.name ?? '', script));
    expect(await ended('writer')).toBe('Succeeded');
    for (const file of files) expect(existsSync(join('/', file))).toBe(false);
  });

  test('the mounts and sysctls of the computer, its firewall and its other routes are as they were', async () => {
    const now = await hostState(clusterStateDir('nodes'));
    expect(now.mounts).toEqual(before.mounts);
    expect(now.sysctls).toEqual(before.sysctls);
    expect(now.rules).toBe(before.rules);
    expect(now.routes.filter((route) => !/\bsai/.test(route))).toEqual(before.routes);
    expect(now.links.filter((link) => !/^sai/.test(link))).toEqual(before.links);
  });

  test('a start of nodes that run changes nothing', async () => {
    const marks = await markedProcesses(cluster.stateDir);
    const lasting = marks.filter(({ role }) => role.startsWith('node')).map(({ pid }) => pid);
    expect(await startNodes(cluster, { count: 2, gvisor: 'preinstalled' })).toEqual(nodes);
    const inits = await Promise.all(nodes.map(({ name }) => findInit(cluster.stateDir, name)));
    for (const init of inits) expect(lasting).toContain(init);
  });

  test('a node whose processes are gone is made anew, and the other is left alone', async () => {
    const [dead, other] = nodes.map(({ name }) => name) as [string, string];
    const survivor = await findInit(cluster.stateDir, other);
    killProcess(await findInit(cluster.stateDir, dead));
    await eventually('the node is dead', async () =>
      (await findInit(cluster.stateDir, dead)) === undefined ? true : undefined,
    );
    await startNodes(cluster, { count: 2, gvisor: 'preinstalled' });
    expect(await findInit(cluster.stateDir, other)).toBe(survivor);
    await client.create(PODS, workload('on-new-node', { nodeName: dead }));
    await running('on-new-node');
    expect(
      await inPod('plain-1', 'wget', '-qO-', `http://${await running('on-new-node')}:8080/name`),
    ).toBe('on-new-node');
  });

  test('stop leaves nothing on the computer, and may be repeated', async () => {
    await stopNodes('nodes');
    expect(await hostState(clusterStateDir('nodes'))).toEqual(before);
    expect(readdirSync(cluster.stateDir)).not.toContain('nodes');
    await stopNodes('nodes');
  });

  test('a start that was killed half-way leaves nothing a stop cannot remove', async () => {
    const statement = `require('./local/node/nodes').startNodes(${JSON.stringify(cluster)}, { count: 2 })`;
    const starter = spawn(process.execPath, scriptArguments(statement), {
      ...SCRIPT_OPTIONS,
      env: { ...SCRIPT_OPTIONS.env, SECURE_AI_CACHE: scratch.folder },
      stdio: 'ignore',
    });
    await eventually('a node has its namespaces', () => findInit(cluster.stateDir, 'node-1'));
    starter.kill('SIGKILL');
    await stopNodes('nodes');
    expect(await hostState(clusterStateDir('nodes'))).toEqual(before);
  });

  test('an aborted start leaves nothing', async () => {
    const abort = new AbortController();
    const onProgress = ({ message }: { message: string }): void => {
      if (message.startsWith('load images')) abort.abort();
    };
    const start = startNodes(cluster, { signal: abort.signal, onProgress });
    await expect(start).rejects.toThrow('abort');
    expect(await hostState(clusterStateDir('nodes'))).toEqual(before);
  });

  test('a number of nodes that cannot be is refused', async () => {
    for (const count of [0, 1.5, 251]) {
      await expect(startNodes(cluster, { count })).rejects.toMatchObject({
        code: 'NODE_UNSUPPORTED',
      });
    }
  });
});

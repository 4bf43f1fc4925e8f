/** NetworkPolicies on a real node of a bare cluster: enforced on plain and on gVisor pods, with controls that go on working. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectByPath, type PathApi } from '../../../kubernetes/by-path';
import type { NamedObject } from '../../../kubernetes/object';
import { startCluster, stopCluster, type LocalCluster } from '../../../local/cluster';
import { NETWORK_NOT_ENFORCED_ANNOTATION } from '../../../base/names';
import type { LocalNode } from '../../../local/node/bring-up';
import { startNodes, stopNodes } from '../../../local/node/nodes';
import { clusterStateDir } from '../../../local/paths';
import { resolveTools } from '../../../local/toolchain/resolve';
import { describeWhere } from '../../support/suite';
import { eventually, type Scratch } from '../scratch';
import { containerProcesses, hostState, killProcess } from './host';
import { nodeObstacle, useNodeCache } from './obstacle';
import { GVISOR_CLASS, service, workload, type Pod } from './workloads';

const run = promisify(execFile);
const CLUSTER = 'policies';
const PODS = '/api/v1/namespaces/default/pods';
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies';
const BUILD_TIMEOUT_MILLISECONDS = 1_800_000;

jest.setTimeout(180_000);

describeWhere('NetworkPolicies on a node of this computer', nodeObstacle(), () => {
  let scratch: Scratch;
  let cluster: LocalCluster;
  let client: PathApi;
  let nodes: readonly LocalNode[];
  let kubectl: string;
  let before: Awaited<ReturnType<typeof hostState>>;
  const ips: Record<string, string> = {};

  /** Whether `from` gets an answer at once; a packet that is dropped takes the two seconds. */
  const reaches = async (from: string, address: string): Promise<boolean> => {
    // Not wget -T, which ends Debian's busybox 1.35 in a segmentation fault.
    const script = `timeout 2 wget -qO- http://${address}/name >/dev/null 2>&1 && echo yes || echo no`;
    const args = ['--kubeconfig', cluster.kubeconfig, 'exec', from, '--', 'sh', '-c', script];
    return (await run(kubectl, args)).stdout.trim() === 'yes';
  };
  const becomes = (expected: boolean, from: string, address: string) =>
    eventually(`${from} ${expected ? 'reaches' : 'does not reach'} ${address}`, async () =>
      (await reaches(from, address)) === expected ? true : undefined,
    );
  const policy = async (name: string, spec: object): Promise<void> => {
    const metadata = { name };
    await client.create(POLICIES, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec,
    });
  };
  const noPolicies = () => client.delete(POLICIES);

  beforeAll(async () => {
    scratch = useNodeCache();
    ({ kubectl } = await resolveTools(['kubectl']));
    before = await hostState(clusterStateDir(CLUSTER));
    cluster = await startCluster({ name: CLUSTER });
    client = await connectByPath({ kubeconfig: cluster.kubeconfig });
    nodes = await startNodes(cluster, { count: 2, gvisor: 'preinstalled' });
    await client.create('/apis/node.k8s.io/v1/runtimeclasses', GVISOR_CLASS);
    const [one = '', two = ''] = nodes.map(({ name }) => name);
    const pods = {
      client: { nodeName: one },
      near: { nodeName: one },
      far: { nodeName: two },
      sandboxed: { nodeName: one, runtimeClassName: 'gvisor' },
    };
    for (const [name, extra] of Object.entries(pods)) {
      await client.create(PODS, probed(workload(name, extra)));
      await client.create('/api/v1/namespaces/default/services', service(name));
    }
    for (const name of Object.keys(pods)) {
      ips[name] = await eventually(`pod ${name} is ready`, async () => {
        const { status } = await client.get<Pod>(`${PODS}/${name}`);
        return isReady(status) ? status?.podIP : undefined;
      });
    }
  }, BUILD_TIMEOUT_MILLISECONDS);

  afterEach(noPolicies);

  afterAll(async () => {
    client?.close();
    await stopNodes(CLUSTER);
    await stopCluster(CLUSTER);
    const after = await hostState(clusterStateDir(CLUSTER));
    scratch.remove();
    expect(after).toEqual(before);
  }, 120_000);

  const SERVERS = ['near', 'far', 'sandboxed'];

  test('nodes do not say that policies are not enforced', async () => {
    for (const { name } of nodes) {
      const node = await client.get<NamedObject>(`/api/v1/nodes/${name}`);
      expect(node.metadata.annotations ?? {}).not.toHaveProperty([NETWORK_NOT_ENFORCED_ANNOTATION]);
    }
  });

  test('control: without a policy pods reach each other, by address and by name', async () => {
    for (const name of SERVERS) {
      await becomes(true, 'client', `${ips[name]}:8080`);
      await becomes(true, 'client', `${name}.default`);
      await becomes(true, name, `${ips['client']}:8080`);
    }
  });

  test('denied ingress blocks every source but the node, and opens again with the policy gone', async () => {
    await policy('closed', {
      podSelector: { matchLabels: { app: 'near' } },
      policyTypes: ['Ingress'],
    });
    await becomes(false, 'client', `${ips['near']}:8080`);
    await becomes(false, 'far', `${ips['near']}:8080`);
    await becomes(false, 'client', 'near.default');
    await becomes(false, 'sandboxed', `${ips['near']}:8080`);
    await becomes(true, 'client', `${ips['far']}:8080`);
    await noPolicies();
    await becomes(true, 'client', `${ips['near']}:8080`);
  });

  test('what is closed in both directions stays closed, and the probes of the kubelet pass', async () => {
    await policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    for (const name of SERVERS) {
      await becomes(false, 'client', `${ips[name]}:8080`);
      await becomes(false, name, `${ips['client']}:8080`);
    }
    for (const name of SERVERS) {
      const { status } = await client.get<Pod>(`${PODS}/${name}`);
      expect(isReady(status)).toBe(true);
      expect(status?.containerStatuses?.[0]?.restartCount).toBe(0);
    }
    // A pod that starts now becomes ready by its probe alone.
    await client.create(PODS, probed(workload('late', { nodeName: nodes[0]?.name ?? '' })));
    await eventually('a pod becomes ready behind closed doors', async () => {
      const { status } = await client.get<Pod>(`${PODS}/late`);
      return isReady(status) ? true : undefined;
    });
  });

  test('egress to the name server opens names, and nothing else', async () => {
    await policy('default-deny', { podSelector: {}, policyTypes: ['Egress'] });
    await becomes(false, 'client', `${ips['near']}:8080`);
    expect(await resolves()).toBe(false);
    await policy('allow-dns', { podSelector: {}, policyTypes: ['Egress'], egress: [DNS] });
    await eventually('names resolve', async () => ((await resolves()) ? true : undefined));
    expect(await reaches('client', `${ips['near']}:8080`)).toBe(false);
    expect(await reaches('sandboxed', `${ips['near']}:8080`)).toBe(false);
  });

  test('what a block of addresses excepts stays closed', async () => {
    const ipBlock = { cidr: '0.0.0.0/0', except: [`${ips['near']}/32`] };
    await policy('except', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock }] }],
    });
    for (const from of ['client', 'sandboxed']) {
      await becomes(false, from, `${ips['near']}:8080`);
      await becomes(true, from, `${ips['far']}:8080`);
    }
  });

  test('the API server reaches a pod on the ports that are open only, as it does webhooks', async () => {
    const path = '/api/v1/namespaces/default/services/near:80/proxy/name';
    const podSelector = { matchLabels: { app: 'near' } };
    await policy('closed', { podSelector, policyTypes: ['Ingress'] });
    await becomes(false, 'client', `${ips['near']}:8080`);
    await policy('open', {
      podSelector,
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ port: 8080 }] }],
    });
    await eventually('the API server has an answer', async () =>
      (await client.get<string>(path).catch(() => '')).trim() === 'near' ? true : undefined,
    );
  });

  test('containerd that is started anew, and with it the agent, leaves policies enforced', async () => {
    await policy('closed', {
      podSelector: { matchLabels: { app: 'near' } },
      policyTypes: ['Ingress'],
    });
    await becomes(false, 'client', `${ips['near']}:8080`);
    const agents = () => containerProcesses(cluster.stateDir, 'kube-network-policies');
    const old = agents();
    expect(old).toHaveLength(2);
    const [containerd] = containerProcesses(cluster.stateDir, 'containerd');
    killProcess(containerd);
    await eventually('another agent', () => {
      const live = agents();
      return live.length === 2 && live.some((pid) => !old.includes(pid)) ? true : undefined;
    });
    await becomes(true, 'client', `${ips['sandboxed']}:8080`);
    await becomes(true, 'near', `${ips['far']}:8080`);
    expect(await reaches('client', `${ips['near']}:8080`)).toBe(false);
  });

  async function resolves(): Promise<boolean> {
    const script =
      'timeout 4 nslookup near.default.svc.cluster.local >/dev/null 2>&1 && echo yes || echo no';
    const args = ['--kubeconfig', cluster.kubeconfig, 'exec', 'client', '--', 'sh', '-c', script];
    return (await run(kubectl, args)).stdout.trim() === 'yes';
  }
});

const DNS = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })),
};

function isReady(status: Pod['status']): boolean {
  return (
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false
  );
}

/** With probes of the kubelet, which come from the node. */
function probed(pod: ReturnType<typeof workload>) {
  const probe = { httpGet: { path: '/name', port: 8080 }, periodSeconds: 1, failureThreshold: 2 };
  const { containers, ...spec } = pod.spec as object as {
    containers?: readonly object[];
  };
  const withProbes = containers?.map((one) => ({
    ...one,
    readinessProbe: probe,
    livenessProbe: { ...probe, initialDelaySeconds: 15 },
  }));
  return { ...pod, spec: { ...spec, containers: withProbes } };
}

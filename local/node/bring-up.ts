/** Starts the nodes of a cluster that do not run yet, and waits until pods can run on them. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectByPath, type PathApi } from '../../kubernetes/by-path';
import { controlPlanePaths } from '../control-plane/commands';
import type { Kubeconfig } from '../control-plane/kubeconfig';
import { PKI_FILES } from '../control-plane/pki';
import {
  KUBE_PROXY_IDENTITY,
  issueClientCertificate,
  kubeletIdentity,
  type ClientIdentity,
} from './certificates';
import { createNetwork, findNetwork, type RunningNetwork } from './cluster-network';
import { diskPaths, type DiskContent } from './disk';
import { applyDns, awaitDns } from './dns';
import { egressProgram, resolvConf } from './egress';
import { findInit, runIp } from './namespaces';
import { clusterCidr, nodeAddress, peerCommand, type NodeAddress } from './network';
import {
  POLICY_AGENT_IDENTITY,
  markEnforcement,
  policyAgentObjects,
  whyNotEnforced,
} from './network-policies';
import { nodeCgroup, nodeName, nodesPaths } from './paths';
import { mayLowerOomScore } from './programs';
import { awaitReady } from './ready';
import { removeNode, removeNodes } from './removal';
import { startNode, type StartNode } from './start-node';

/** A node of a local cluster. */
export interface LocalNode {
  readonly name: string;
  readonly ip: string;
  readonly podCidr: string;
}

/** The common settings of all nodes of a cluster. */
export type BringUp = Pick<StartNode, 'cluster' | 'system' | 'archives' | 'report' | 'signal'> &
  Pick<DiskContent, 'gvisor' | 'programs'>;

/** Starts the missing nodes among the first `count` of a cluster. The caller holds the lock of the cluster. */
export async function bringUp(count: number, options: BringUp): Promise<readonly LocalNode[]> {
  const { cluster, gvisor, report, signal } = options;
  const { stateDir } = cluster;
  const running = (await findNetwork(stateDir)) ?? (await freshNetwork(stateDir, signal));
  const addresses = Array.from({ length: count }, (_, i) => nodeAddress(running.network, i + 1));
  const runs = await Promise.all(addresses.map((address) => isRunning(stateDir, address)));
  const missing = addresses.filter((_, i) => !runs[i]);
  const client = await connectByPath({ kubeconfig: cluster.kubeconfig });
  try {
    const resolver = await resolvConf(egressProgram(options.system) !== undefined);
    await applyDns(client, resolver.includes('nameserver'));
    for (const [path, object] of policyAgentObjects()) {
      await client.apply(path, object, 'secure-ai-local');
    }
    await startAll(missing, { ...options, client, running, resolver });
    await joinPeers(stateDir, addresses, running.switchPid);
    report('wait until pods can run');
    await settleAll(
      addresses.map((address) => {
        const preinstalled = gvisor === 'preinstalled' && missing.includes(address);
        const handlers = preinstalled ? ['runc', 'runsc'] : ['runc'];
        return awaitReady({ client, stateDir, name: nodeName(address), handlers, signal });
      }),
    );
    await awaitDns(client, signal);
    for (const address of addresses) {
      const name = nodeName(address);
      const reason = await whyNotEnforced(diskPaths(nodesPaths(stateDir).node(name)).notEnforced);
      await markEnforcement(client, name, reason, report);
    }
  } finally {
    client.close();
  }
  return addresses.map(({ ip, podCidr, index }) => ({ name: nodeName({ index }), ip, podCidr }));
}

type StartAll = BringUp & {
  readonly client: PathApi;
  readonly running: RunningNetwork;
  /** The nodes' /etc/resolv.conf. */
  readonly resolver: string;
};

async function startAll(addresses: readonly NodeAddress[], options: StartAll): Promise<void> {
  if (addresses.length === 0) return;
  const { cluster, client, running, signal } = options;
  const { stateDir } = cluster;
  const ca = await readFile(join(controlPlanePaths(stateDir).pki, `${PKI_FILES.ca}.crt`), 'utf8');
  const kubeconfig = async (name: string, identity: ClientIdentity): Promise<Kubeconfig> => ({
    cluster: cluster.name,
    user: identity.commonName,
    server: `https://${cluster.hostAddress}:${new URL(cluster.server).port}`,
    ca,
    client: await issueClientCertificate(client, name, identity, signal),
  });
  const kubeProxy = await kubeconfig('local-kube-proxy', KUBE_PROXY_IDENTITY);
  const policyAgent = await kubeconfig('local-network-policies', POLICY_AGENT_IDENTITY);
  const start = async (address: NodeAddress): Promise<void> => {
    const name = nodeName(address);
    await removeNode(stateDir, address, running.switchPid);
    const content = {
      programs: options.programs,
      gvisor: options.gvisor,
      clusterCidr: clusterCidr(running.network),
      kubelet: await kubeconfig(`local-${name}`, kubeletIdentity(name)),
      kubeProxy,
      policyAgent,
      resolvConf: options.resolver,
    };
    const cgroupRoot = `/${nodeCgroup(stateDir, address)}`;
    const settings = { name, address, cgroupRoot, mayLowerOomScore: mayLowerOomScore() };
    await startNode({ ...options, ...running, settings, content });
  };
  await settleAll(addresses.map(start));
}

/** Like Promise.all, but throws only after all work has ended. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function freshNetwork(stateDir: string, signal?: AbortSignal): Promise<RunningNetwork> {
  await removeNodes(stateDir);
  return createNetwork(stateDir, signal);
}

async function isRunning(stateDir: string, address: NodeAddress): Promise<boolean> {
  const name = nodeName(address);
  const complete = existsSync(diskPaths(nodesPaths(stateDir).node(name)).joined);
  return complete && (await findInit(stateDir, name)) !== undefined;
}

async function joinPeers(
  stateDir: string,
  addresses: readonly NodeAddress[],
  switchPid: number,
): Promise<void> {
  for (const address of addresses) {
    const node = await findInit(stateDir, nodeName(address));
    if (node === undefined) continue;
    const peers = addresses.filter((peer) => peer !== address);
    await runIp(peers.map(peerCommand), { switch: switchPid, node });
  }
}

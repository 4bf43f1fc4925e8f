/** Starts one node: its namespaces, containerd, images, kubelet and kube-proxy. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { POOL_LABEL } from '../../base/names';
import type { PathApi } from '../../kubernetes/by-path';
import type { LocalCluster } from '../cluster';
import { spawnMarked } from '../processes/spawn';
import type { Task } from '../progress';
import { waitFor } from '../../base/wait-until';
import { createCgroup } from './cgroups';
import type { NodeSettings } from './config';
import { diskPaths, writeDisk, type DiskContent } from './disk';
import { egressProgram, startEgress } from './egress';
import { startError } from './errors';
import { NODE_ROLE_PREFIX, findInit, insideNode, runIp } from './namespaces';
import { defaultRouteCommand, nodeCommands, type ClusterNetwork } from './network';
import { POLICY_QUEUE } from './network-policies';
import type { SystemPrograms } from './packages';
import { nodesPaths } from './paths';

const INIT_TIMEOUT_MILLISECONDS = 10_000;
const CONTAINERD_TIMEOUT_MILLISECONDS = 60_000;

/** By absolute path: until the node has its own root, a name could resolve to the computer's own ctr and containerd. */
const CTR = '/opt/node/bin/ctr';

export interface StartNode extends Task {
  readonly cluster: LocalCluster;
  readonly client: PathApi;
  readonly settings: NodeSettings;
  readonly network: ClusterNetwork;
  readonly switchPid: number;
  readonly content: DiskContent;
  readonly system: SystemPrograms;
  /** Docker archives to load before any pod runs. */
  readonly archives: readonly string[];
}

/** Starts one node without remains from before, and loads its images. @throws SandboxError NODE_START_FAILED */
export async function startNode(options: StartNode): Promise<void> {
  const { cluster, client, settings, network, switchPid, content, system, report, signal } =
    options;
  const { name, address } = settings;
  const nodeDir = nodesPaths(cluster.stateDir).node(name);
  const disk = diskPaths(nodeDir);

  report(`write the disk of ${name}`);
  await writeDisk(nodeDir, settings, content);
  await registerNode(client, settings);
  signal?.throwIfAborted();

  report(`start ${name}`);
  await spawnMarked(cluster.stateDir, {
    role: `${NODE_ROLE_PREFIX}${name}`,
    file: 'unshare',
    args: [
      ...['--mount', '--net', '--pid', '--uts', '--ipc', '--fork', '--kill-child'],
      ...['sh', join(__dirname, 'init.sh'), nodeDir, system.packagesRoot ?? ''],
    ],
    env: {
      PATH: process.env.PATH ?? '',
      NODE_NAME: name,
      NODE_IP: address.ip,
      POLICY_QUEUE: String(POLICY_QUEUE),
    },
    cwd: '/',
    logFile: disk.log('init'),
  });
  const init = await waitFor(() => findInit(cluster.stateDir, name), {
    timeoutMilliseconds: INIT_TIMEOUT_MILLISECONDS,
    signal,
  });
  if (init === undefined)
    throw await startError(name, 'its namespaces did not appear', disk.log('init'));

  createCgroup(settings.cgroupRoot, init);
  const pids = { switch: switchPid, node: init };
  await runIp(
    nodeCommands(network, address, { nodePid: init, hostAddress: cluster.hostAddress }),
    pids,
  );
  const egress = egressProgram(system);
  if (egress === undefined) await runIp([defaultRouteCommand(network)], pids);
  else await startEgress(cluster.stateDir, { name, init }, egress, system.packagesRoot);
  await writeFile(disk.joined, '');

  await awaitContainerd(init, disk.log, options);
  for (const archive of options.archives) {
    report(`load images into ${name}`);
    await importArchive(init, archive, signal);
  }
}

/** Registers the node with its pod addresses; the kubelet completes the object. */
async function registerNode(client: PathApi, { name, address }: NodeSettings): Promise<void> {
  const path = `/api/v1/nodes/${name}`;
  if (await client.find(path)) await client.delete(path);
  await client.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    // The pool that the gVisor installer selects (constructs/nodes/scheduling.ts).
    metadata: { name, labels: { [POOL_LABEL]: 'gvisor' } },
    spec: { podCIDR: address.podCidr, podCIDRs: [address.podCidr] },
  });
}

async function awaitContainerd(
  init: number,
  log: (program: string) => string,
  { settings: { name }, signal }: StartNode,
): Promise<void> {
  const answered = await waitFor(
    async () => {
      if (!existsSync(`/proc/${init}`))
        throw await startError(name, 'its process 1 ended', log('init'));
      const { code } = await runInNode(init, [CTR, 'version'], 'ignore', signal);
      return code === 0 ? true : undefined;
    },
    { timeoutMilliseconds: CONTAINERD_TIMEOUT_MILLISECONDS, intervalMilliseconds: 100, signal },
  );
  if (!answered)
    throw await startError(`containerd of ${name}`, 'it did not answer in time', log('containerd'));
}

async function importArchive(init: number, archive: string, signal?: AbortSignal): Promise<void> {
  const file = await open(archive);
  try {
    const command = [CTR, '--namespace=k8s.io', 'images', 'import', '-'];
    const { code, stderr } = await runInNode(init, command, file.fd, signal);
    if (code !== 0)
      throw new Error(`ctr images import of ${archive} ended with ${code}: ${stderr.trim()}`);
  } finally {
    await file.close();
  }
}

async function runInNode(
  init: number,
  command: readonly string[],
  stdin: number | 'ignore',
  signal?: AbortSignal,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn('nsenter', insideNode(init, command), {
    stdio: [stdin, 'ignore', 'pipe'],
    ...(signal && { signal }),
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, stderr };
}

/** The network of a cluster's nodes: a switch in a network namespace of its own. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { spawnMarked } from '../processes/spawn';
import { waitFor } from '../../base/wait-until';
import { startError } from './errors';
import { SWITCH_ROLE, findSwitch, runIp } from './namespaces';
import { chooseOctet, switchCommands, type ClusterNetwork } from './network';
import { hostTraces, nodesPaths } from './paths';

const run = promisify(execFile);

const SWITCH_TIMEOUT_MILLISECONDS = 10_000;

export interface RunningNetwork {
  readonly network: ClusterNetwork;
  /** The process that holds the network namespace of the switch. */
  readonly switchPid: number;
}

/** The network of a cluster whose switch runs; `undefined` if none does. */
export async function findNetwork(stateDir: string): Promise<RunningNetwork | undefined> {
  const switchPid = await findSwitch(stateDir);
  const text = await readFile(nodesPaths(stateDir).network, 'utf8').catch(() => undefined);
  if (switchPid === undefined || text === undefined) return undefined;
  return { network: JSON.parse(text) as ClusterNetwork, switchPid };
}

/** Starts the switch and connects it to the host. No remains of an earlier one may exist. */
export async function createNetwork(
  stateDir: string,
  signal?: AbortSignal,
): Promise<RunningNetwork> {
  const { link } = hostTraces(stateDir);
  const network = {
    octet: chooseOctet(Number.parseInt(link.slice(-2), 16), await takenPrefixes()),
    hostLink: link,
  };
  const paths = nodesPaths(stateDir);
  await mkdir(dirname(paths.network), { recursive: true, mode: 0o700 });
  await spawnMarked(stateDir, {
    role: SWITCH_ROLE,
    file: 'unshare',
    args: ['--net', 'sleep', 'infinity'],
    env: { PATH: process.env.PATH ?? '' },
    cwd: '/',
    logFile: paths.switchLog,
  });
  const switchPid = await waitFor(() => findSwitch(stateDir), {
    timeoutMilliseconds: SWITCH_TIMEOUT_MILLISECONDS,
    signal,
  });
  if (switchPid === undefined)
    throw await startError('network of the nodes', 'its namespace did not appear', paths.switchLog);
  await runIp(switchCommands(network, switchPid), { switch: switchPid });
  // Written last: a network that is recorded is complete.
  await writeFile(paths.network, JSON.stringify(network));
  return { network, switchPid };
}

/** Removes the link to the switch; the kernel does so too, and removes the routes, once the switch has ended. */
export async function removeHostLink(stateDir: string): Promise<void> {
  const { link } = hostTraces(stateDir);
  await run('ip', ['link', 'delete', 'dev', link]).catch(async (error: unknown) => {
    const { stdout } = await run('ip', ['-json', 'link', 'show']);
    const links = JSON.parse(stdout) as readonly { readonly ifname: string }[];
    if (links.some(({ ifname }) => ifname === link)) throw error;
  });
}

/** Every IPv4 prefix in which this computer has an address or to which it has a route. */
async function takenPrefixes(): Promise<string[]> {
  const { stdout } = await run('ip', ['-4', '-json', 'route', 'show', 'table', 'all']);
  const routes = JSON.parse(stdout || '[]') as readonly { readonly dst: string }[];
  return routes.map(({ dst }) => dst).filter((dst) => /^[\d.]+(\/\d+)?$/.test(dst));
}

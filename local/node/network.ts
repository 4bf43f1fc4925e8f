/** Addresses of a cluster's nodes and pods, and the commands that set them up. */
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';

/**
 * The network of one cluster's nodes, one /16:
 *
 *     host 10.x.0.1 -- veth -- [switch: a bridge in a network namespace of its own] -- veth -- node n: 10.x.0.(n+1)
 *                                                                                   pods of node n: 10.x.n.0/24
 *
 * The bridge is not in the host's namespace, because there the host's own firewall (Docker's FORWARD policy with
 * bridge-nf-call-iptables) would filter the traffic between nodes. The host has one link and one route for each node.
 */
export interface ClusterNetwork {
  /** Second octet, 128 to 255. */
  readonly octet: number;
  /** Name of the link on the host. */
  readonly hostLink: string;
}

export interface NodeAddress {
  /** 1 for the first node. */
  readonly index: number;
  readonly ip: string;
  readonly podCidr: string;
}

export const MAX_NODES = 250;

export function clusterCidr({ octet }: ClusterNetwork): string {
  return `10.${octet}.0.0/16`;
}

function hostIp({ octet }: ClusterNetwork): string {
  return `10.${octet}.0.1`;
}

export function nodeAddress({ octet }: ClusterNetwork, index: number): NodeAddress {
  return { index, ip: `10.${octet}.0.${index + 1}`, podCidr: `10.${octet}.${index}.0/24` };
}

/** An IPv4 prefix such as `10.0.0.0/8`; a bare address is a /32. */
type Prefix = string;

/**
 * The first second octet from 128 on, starting at a position that depends on `seed`, whose /16 overlaps none of `taken`
 * (the host's addresses and routes, without the default route).
 * @throws SandboxError NODE_NETWORK_FULL
 */
export function chooseOctet(seed: number, taken: readonly Prefix[]): number {
  const ranges = taken.map(rangeOf);
  for (let i = 0; i < 128; i += 1) {
    const octet = 128 + ((seed + i) % 128);
    const [first, last] = rangeOf(`10.${octet}.0.0/16`);
    if (ranges.every(([from, to]) => to < first || from > last)) return octet;
  }
  throw new SandboxError(LOCAL_ERRORS.NODE_NETWORK_FULL, [
    {
      path: 'routes of this computer',
      reason: 'they leave no free /16 between 10.128.0.0 and 10.255.255.255 for the nodes',
      fix: 'run with --nodes 0, or disconnect from the network (VPN) that uses all of 10.128.0.0/9',
    },
  ]);
}

function rangeOf(prefix: Prefix): readonly [first: number, last: number] {
  const [address = '', bits = '32'] = prefix.split('/');
  const value = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(value / size) * size;
  return [first, first + size - 1];
}

/** One call of `ip`, in the namespace of `where`. */
export interface IpCommand {
  readonly where: 'host' | 'switch' | 'node';
  readonly args: readonly string[];
}

/** Connects the host to the switch. `switchPid` is the process that holds the network namespace of the switch. */
export function switchCommands(network: ClusterNetwork, switchPid: number): IpCommand[] {
  return commands([
    ['switch', 'link add nodes type bridge'],
    ['switch', 'link set nodes up'],
    ['host', `link add ${network.hostLink} type veth peer name host netns ${switchPid}`],
    ['host', `address add ${hostIp(network)}/24 dev ${network.hostLink}`],
    ['host', `link set ${network.hostLink} up`],
    ['switch', 'link set host master nodes up'],
  ]);
}

/** Connects a node to the switch. `hostAddress` is the host address of the API server. */
export function nodeCommands(
  network: ClusterNetwork,
  node: NodeAddress,
  { nodePid, hostAddress }: { readonly nodePid: number; readonly hostAddress: string },
): IpCommand[] {
  const link = switchLink(node);
  return commands([
    ['switch', `link add ${link} type veth peer name eth0 netns ${nodePid}`],
    ['switch', `link set ${link} master nodes up`],
    ['node', 'link set lo up'],
    ['node', `address add ${node.ip}/24 dev eth0`],
    ['node', 'link set eth0 up'],
    ['node', `route replace ${hostAddress} via ${hostIp(network)}`],
    ['host', `route replace ${node.podCidr} via ${node.ip} dev ${network.hostLink}`],
  ]);
}

/** Name of the switch's end of the veth pair to a node. */
export function switchLink({ index }: NodeAddress): string {
  return `node${index}`;
}

/**
 * Without egress, the host receives traffic that leaves the cluster. It forwards nothing, but it answers for its other
 * addresses, and programs that require a default route find one.
 */
export function defaultRouteCommand(network: ClusterNetwork): IpCommand {
  return { where: 'node', args: ['route', 'replace', 'default', 'via', hostIp(network)] };
}

/** Adds a route on one node to the pods of another. */
export function peerCommand(peer: NodeAddress): IpCommand {
  return { where: 'node', args: ['route', 'replace', peer.podCidr, 'via', peer.ip] };
}

function commands(lines: readonly (readonly [IpCommand['where'], string])[]): IpCommand[] {
  return lines.map(([where, line]) => ({ where, args: line.split(' ') }));
}

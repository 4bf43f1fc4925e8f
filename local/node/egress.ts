/** Gives nodes access to the internet through slirp4netns, if it is installed. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { spawnMarked } from '../processes/spawn';
import { EGRESS_ROLE_PREFIX } from './namespaces';
import { libraryPath, type SystemPrograms } from './packages';
import { nodesPaths } from './paths';

/** slirp4netns' own name server, which forwards to the computer's (slirp4netns(1), "DEFAULTS"). */
const SLIRP_RESOLV_CONF = 'nameserver 10.0.2.3\n';

/** Path of slirp4netns if it can work, which needs a TUN device. */
export function egressProgram({ paths }: SystemPrograms): string | undefined {
  return existsSync('/dev/net/tun') ? paths.get('slirp4netns') : undefined;
}

/**
 * Connects the node to the networks of this computer through an ordinary process of the computer (a TCP/IP stack in user
 * space), so that the computer's own network needs neither forwarding nor address translation.
 * It sets the node's default route. The computer's loopback stays unreachable.
 */
export async function startEgress(
  stateDir: string,
  node: { readonly name: string; readonly init: number },
  program: string,
  packagesRoot: string | undefined,
): Promise<void> {
  await spawnMarked(stateDir, {
    role: `${EGRESS_ROLE_PREFIX}${node.name}`,
    file: program,
    args: [
      '--configure',
      '--mtu=65520',
      '--disable-host-loopback',
      '--netns-type=path',
      `/proc/${node.init}/ns/net`,
      'tap0',
    ],
    env: { PATH: process.env.PATH ?? '', ...(await libraryPath(packagesRoot)) },
    cwd: '/',
    logFile: nodesPaths(stateDir).egressLog(node.name),
  });
}

/** The node's /etc/resolv.conf. Without egress only name servers that are not on loopback can answer. */
export async function resolvConf(hasEgress: boolean): Promise<string> {
  if (hasEgress) return SLIRP_RESOLV_CONF;
  const own = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return own.replace(/^nameserver\s+(127\.|::1).*\n?/gm, '');
}

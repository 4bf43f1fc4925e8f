/** Removes nodes and what they leave on the computer. */
import { rm } from 'node:fs/promises';
import { endMarked } from '../processes/stop';
import { removeCgroup } from './cgroups';
import { removeHostLink } from './cluster-network';
import { EGRESS_ROLE_PREFIX, NODE_ROLE_PREFIX, isNodeRole, removeSwitchLink } from './namespaces';
import { hostTraces, nodeCgroup, nodeName, nodesPaths } from './paths';
import type { NodeAddress } from './network';

/** Removes what is left of one node while the switch goes on; its mounts end with its mount namespace. */
export async function removeNode(
  stateDir: string,
  address: NodeAddress,
  switchPid: number,
): Promise<void> {
  const name = nodeName(address);
  const roles = [`${NODE_ROLE_PREFIX}${name}`, `${EGRESS_ROLE_PREFIX}${name}`];
  await endMarked(stateDir, (role) => roles.includes(role), 0);
  await removeSwitchLink(address, switchPid);
  await removeCgroup(nodeCgroup(stateDir, address));
  await rm(nodesPaths(stateDir).node(name), { recursive: true, force: true });
}

/** Ends all nodes of a cluster and removes everything but their files. SIGKILL to a namespace's first process ends all in it. */
export async function endNodes(stateDir: string): Promise<void> {
  await endMarked(stateDir, isNodeRole, 0);
  await removeHostLink(stateDir);
  await removeCgroup(hostTraces(stateDir).cgroup);
}

/**
 * Ends all nodes of a cluster and removes all they left, what a killed run left included. Does nothing where there is
 * nothing, or could be nothing: without root or off Linux.
 */
export async function removeNodes(stateDir: string): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  await endNodes(stateDir);
  await rm(nodesPaths(stateDir).nodes, { recursive: true, force: true });
}

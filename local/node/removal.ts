/** Removes nodes and their remains on the computer. */
import { rm } from 'node:fs/promises';
import { endMarked } from '../processes/stop';
import { removeCgroup } from './cgroups';
import { removeHostLink } from './cluster-network';
import { EGRESS_ROLE_PREFIX, NODE_ROLE_PREFIX, isNodeRole, removeSwitchLink } from './namespaces';
import { hostTraces, nodeCgroup, nodeName, nodesPaths } from './paths';
import type { NodeAddress } from './network';

/** Removes the remains of one node while the switch keeps running; its mounts end with its mount namespace. */
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

/** Ends all nodes of a cluster and removes everything except their files. SIGKILL to a namespace's first process ends all its processes. */
export async function endNodes(stateDir: string): Promise<void> {
  await endMarked(stateDir, isNodeRole, 0);
  await removeHostLink(stateDir);
  await removeCgroup(hostTraces(stateDir).cgroup);
}

/**
 * Ends all nodes of a cluster and removes their remains, including those of a killed run. Does nothing if nothing exists
 * or can exist: without root, or on another system than Linux.
 */
export async function removeNodes(stateDir: string): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  await endNodes(stateDir);
  await rm(nodesPaths(stateDir).nodes, { recursive: true, force: true });
}

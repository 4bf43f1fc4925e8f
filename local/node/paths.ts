/** Paths and names that belong to a node. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Paths of the nodes of a cluster, inside its state folder. */
export const nodesPaths = (stateDir: string) => {
  const nodes = join(stateDir, 'nodes');
  return {
    nodes,
    node: (name: string): string => join(nodes, name),
    network: join(nodes, 'network.json'),
    switchLog: join(nodes, 'switch.log'),
    egressLog: (name: string): string => join(nodes, `${name}.egress.log`),
  };
};

/** The node with this index in its cluster. */
export function nodeName({ index }: { readonly index: number }): string {
  return `node-${index}`;
}

/** Names of what a cluster's nodes create on the host, derived from the cluster's state folder, so that no record is needed. */
export function hostTraces(stateDir: string): { readonly link: string; readonly cgroup: string } {
  const id = createHash('sha256').update(stateDir).digest('hex').slice(0, 8);
  return { link: `sai${id}`, cgroup: `secure-ai-${id}` };
}

/** Path of a node's cgroup in every hierarchy. */
export function nodeCgroup(stateDir: string, node: { readonly index: number }): string {
  return join(hostTraces(stateDir).cgroup, nodeName(node));
}

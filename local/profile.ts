/** How the platform differs on a cluster of this computer. */
import type { SandboxConfig } from '../constructs';
import { gvisorNodesSchema } from '../constructs/nodes';
import type { LocalCluster } from './cluster';
import { serveGvisorRelease, type ServedRelease } from './gvisor-release/serve';
import { isNodeRole } from './node/namespaces';
import { markedProcesses } from './processes/marked';
import type { OnProgress } from './progress';

/** Adapts the configuration to where it is deployed. */
export type Profile = (config: SandboxConfig) => SandboxConfig;

interface ProfileOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * For a cluster as it runs now: where it has real nodes, their gVisor comes from a release of this computer, which is built
 * where that has not happened yet.
 * @throws SandboxError LOCAL_START_FAILED, TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function profileOf(
  cluster: LocalCluster,
  options: ProfileOptions = {},
): Promise<Profile> {
  const processes = await markedProcesses(cluster.stateDir);
  if (!processes.some(({ role }) => isNodeRole(role))) return forThisComputer;
  const release = await serveGvisorRelease(cluster, options);
  const port = Number(new URL(cluster.server).port);
  return (config) => withGvisor(withApiServerPort(forThisComputer(config), port), release, port);
}

/** Before a Service's address is translated, pods call its port; what judges them after that sees the one that was free here. */
const apiServerPorts = (port: number): number[] => [443, port];

/** NetworkPolicies let pods call the API server where it is. */
function withApiServerPort(config: SandboxConfig, port: number): SandboxConfig {
  const { kata } = config.nodes;
  return {
    ...config,
    webhook: { ...config.webhook, apiServerPorts: apiServerPorts(port) },
    nodes: {
      ...config.nodes,
      ...(kata && { kata: { ...kata, apiServerPorts: apiServerPorts(port) } }),
    },
  };
}

/**
 * Two Gatekeeper controllers instead of three, which share the cores of one computer anyway, and an audit every ten seconds
 * instead of every minute, because somebody is waiting for it.
 */
export const forThisComputer: Profile = (config) => ({
  ...config,
  gatekeeper: {
    ...config.gatekeeper,
    controller: { ...config.gatekeeper.controller, replicas: 2 },
    audit: { ...config.gatekeeper.audit, intervalSeconds: 10 },
  },
});

function withGvisor(config: SandboxConfig, release: ServedRelease, port: number): SandboxConfig {
  const { source, version, sha512 } = release;
  const gvisor = gvisorNodesSchema.parse({
    source,
    version,
    sha512,
    apiServerPorts: apiServerPorts(port),
  });
  return { ...config, nodes: { ...config.nodes, gvisor } };
}

/** Adapts the platform to a local cluster. */
import type { SandboxConfig } from '../../constructs';
import { gvisorNodesSchema } from '../../constructs/nodes';
import type { LocalCluster } from '../../local/cluster';
import { serveGvisorRelease, type ServedRelease } from '../../local/gvisor-release/serve';
import { isNodeRole } from '../../local/node/namespaces';
import { markedProcesses } from '../../local/processes/marked';
import { WEBHOOK_CLIENT_NAME } from '../../local/control-plane/pki';
import { webhookClientCa } from '../../local/control-plane/webhook-client';
import { progressOf, type OnProgress } from '../../local/progress';

/** Adapts the configuration to the cluster it is deployed to. */
export type Profile = (config: SandboxConfig) => SandboxConfig;

interface ProfileOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * For a cluster as it runs now. If it has real nodes, they get gVisor from a release on this computer, which is built
 * if it does not exist yet.
 * @throws SandboxError LOCAL_START_FAILED, TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function profileOf(
  cluster: LocalCluster,
  options: ProfileOptions = {},
): Promise<Profile> {
  const processes = await markedProcesses(cluster.stateDir);
  const local = await forLocalCluster(cluster.stateDir, options.onProgress);
  if (!processes.some(({ role }) => isNodeRole(role))) return local;
  const release = await serveGvisorRelease(cluster, options);
  const apiServerPort = Number(new URL(cluster.server).port);
  return (config) => withNodes(local(config), { release, apiServerPort });
}

/**
 * `forThisComputer`, and the webhook answers only the API server of this cluster. A cluster that an older version started has
 * an API server without a client certificate: there the webhook still answers every client, else no pod could be created.
 */
export async function forLocalCluster(stateDir: string, onProgress?: OnProgress): Promise<Profile> {
  const ca = await webhookClientCa(stateDir);
  if (ca === undefined) {
    progressOf(
      'control-plane',
      onProgress,
    )(
      'its API server has no client certificate for the webhook, which answers every client; ' +
        'run `secure-ai down`, then `secure-ai up`, to create one',
    );
    return forThisComputer;
  }
  const clientCertificates = { ca, commonName: WEBHOOK_CLIENT_NAME };
  return (config) => {
    const local = forThisComputer(config);
    return { ...local, webhook: { ...local.webhook, clientCertificates } };
  };
}

/**
 * Two Gatekeeper controllers instead of three, because they share the cores of one computer, and an audit every ten seconds
 * instead of every minute, because a user waits for it.
 */
const forThisComputer: Profile = (config) => ({
  ...config,
  gatekeeper: {
    ...config.gatekeeper,
    controller: { ...config.gatekeeper.controller, replicas: 2 },
    audit: { ...config.gatekeeper.audit, intervalSeconds: 10 },
  },
});

/**
 * Pods reach the API server through its Service, but the enforcer of NetworkPolicies here sees the rewritten address: the port on which the server
 * listens, which is chosen at each start. Kubernetes leaves open whether addresses are rewritten before or after policies
 * are applied (https://kubernetes.io/docs/concepts/services-networking/network-policies/), so the Service's port stays as well.
 */
export function withNodes(
  config: SandboxConfig,
  { release, apiServerPort }: { readonly release: ServedRelease; readonly apiServerPort: number },
): SandboxConfig {
  const { source, version, sha512 } = release;
  const apiServerPorts = [...new Set([...config.webhook.apiServerPorts, apiServerPort])];
  const gvisor = gvisorNodesSchema.parse({ source, version, sha512, apiServerPorts });
  const { kata } = config.nodes;
  return {
    ...config,
    webhook: { ...config.webhook, apiServerPorts },
    nodes: { ...(kata && { kata: { ...kata, apiServerPorts } }), gvisor },
  };
}

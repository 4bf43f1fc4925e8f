/** Google Kubernetes Engine: a private Standard cluster with pools for Kata and gVisor. */
import { createHash } from 'node:crypto';
import type * as container from '@pulumi/gcp/container';
import * as pulumi from '@pulumi/pulumi';
import { WEBHOOK_PORT } from '../../constructs/gatekeeper/args';
import { MUTATOR_PORTS } from '../../constructs/webhook/mutator-pod';
import { isPublic } from './api-access';
import { loadSdk } from './cloud-sdk';
import type { ClusterKind } from './cluster';
import { CloudCluster } from './cloud-cluster';
import { gkeNetwork, type GkeNetwork } from './gke/network';
import { nodePool, poolsOf } from './gke/node-pools';
import { gkeProblems } from './gke/problems';
import { gkeSchema, type GkeSettings } from './gke/settings';
import { kubeconfigText } from './kubeconfig';

export const gke: ClusterKind<GkeSettings> = {
  schema: gkeSchema,
  problems: gkeProblems,
  create: async (name, settings, sandbox) => {
    const sdk = await loadSdk('@pulumi/gcp', async () => ({
      compute: await import('@pulumi/gcp/compute'),
      container: await import('@pulumi/gcp/container'),
      projects: await import('@pulumi/gcp/projects'),
      serviceaccount: await import('@pulumi/gcp/serviceaccount'),
    }));
    const { project, region: location } = settings;
    const group = new CloudCluster('gke', name);
    const opts = { parent: group };
    const tag = `${name}-node`;

    const account = new sdk.serviceaccount.Account(
      `${name}-nodes`,
      { project, accountId: accountId(name), displayName: `Nodes of GKE cluster ${name}` },
      opts,
    );
    // Only logs, metrics and images. The default account of Compute Engine may edit the project.
    const role = new sdk.projects.IAMMember(
      `${name}-nodes`,
      {
        project,
        role: 'roles/container.defaultNodeServiceAccount',
        member: pulumi.interpolate`serviceAccount:${account.email}`,
      },
      opts,
    );
    const network = gkeNetwork(sdk.compute, name, settings, opts);
    const cluster = controlPlane(
      sdk.container,
      name,
      { settings, network, account: account.email },
      opts,
    );
    const webhooks = new sdk.compute.Firewall(
      `${name}-webhooks`,
      {
        project,
        network: network.network,
        description: 'From the API server to the admission webhooks. GKE opens 443 and 10250 only.',
        sourceRanges: [settings.controlPlaneRange],
        targetTags: [tag],
        allows: [{ protocol: 'tcp', ports: webhookPorts() }],
      },
      opts,
    );
    const pools = poolsOf(settings, sandbox).map((pool) =>
      nodePool(sdk.container, name, pool, {
        project,
        location,
        cluster: cluster.name,
        serviceAccount: account.email,
        tag,
        opts: { ...opts, dependsOn: [role, ...network.dependsOn] },
      }),
    );
    group.complete();
    return { kubeconfig: kubeconfig(name, cluster, settings), dependsOn: [...pools, webhooks] };
  },
};

interface Parts {
  readonly settings: GkeSettings;
  readonly network: GkeNetwork;
  readonly account: pulumi.Input<string>;
}

function controlPlane(
  { Cluster }: typeof container,
  name: string,
  { settings, network, account }: Parts,
  opts: pulumi.CustomResourceOptions,
): container.Cluster {
  const { project, region, kubernetesVersion, encryptionKey, authorizedNetworks } = settings;
  return new Cluster(
    name,
    {
      name,
      project,
      location: region,
      ...(kubernetesVersion !== undefined && { minMasterVersion: kubernetesVersion }),
      releaseChannel: { channel: settings.releaseChannel },
      // A cluster cannot be created without a pool, and this one cannot have the settings of the others.
      initialNodeCount: 1,
      removeDefaultNodePool: true,
      nodeConfig: { serviceAccount: account, shieldedInstanceConfig: { enableSecureBoot: true } },
      network: network.network,
      subnetwork: network.subnetwork,
      networkingMode: 'VPC_NATIVE',
      ipAllocationPolicy:
        network.ranges === undefined
          ? {}
          : {
              clusterSecondaryRangeName: network.ranges.pods,
              servicesSecondaryRangeName: network.ranges.services,
            },
      privateClusterConfig: {
        enablePrivateNodes: true,
        enablePrivateEndpoint: !authorizedNetworks.some(isPublic),
        masterIpv4CidrBlock: settings.controlPlaneRange,
      },
      masterAuthorizedNetworksConfig: {
        cidrBlocks: authorizedNetworks.map((cidrBlock) => ({ cidrBlock })),
        gcpPublicCidrsAccessEnabled: false,
      },
      // Not Dataplane V2: Cilium's load balancing at sockets skips pods with a kernel of their own unless configured
      // otherwise (github.com/cilium/cilium/pull/25322), which GKE does not allow.
      networkPolicy: { enabled: true, provider: 'CALICO' },
      addonsConfig: { networkPolicyConfig: { disabled: false } },
      workloadIdentityConfig: { workloadPool: `${project}.svc.id.goog` },
      enableShieldedNodes: true,
      ...(encryptionKey !== undefined && {
        databaseEncryption: { state: 'ENCRYPTED', keyName: encryptionKey },
      }),
      loggingConfig: {
        enableComponents: [
          'SYSTEM_COMPONENTS',
          'WORKLOADS',
          'APISERVER',
          'CONTROLLER_MANAGER',
          'SCHEDULER',
        ],
      },
      monitoringConfig: {
        enableComponents: ['SYSTEM_COMPONENTS'],
        managedPrometheus: { enabled: true },
      },
      // `pulumi destroy` asks for confirmation itself.
      deletionProtection: false,
    },
    // These belong to the removed pool.
    { ...opts, ignoreChanges: ['nodeConfig', 'initialNodeCount'] },
  );
}

function webhookPorts(): string[] {
  return [...new Set([MUTATOR_PORTS.webhook, WEBHOOK_PORT])].map(String);
}

/** 6 to 30 characters; the name of a cluster may be shorter or longer. */
function accountId(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${name.slice(0, 17)}-${hash}-nodes`;
}

function kubeconfig(
  name: string,
  { endpoint, privateClusterConfig, masterAuth }: container.Cluster,
  { authorizedNetworks }: GkeSettings,
): pulumi.Output<string> {
  const host = authorizedNetworks.some(isPublic)
    ? endpoint
    : privateClusterConfig.apply((config) => config?.privateEndpoint ?? '');
  const text = pulumi.all([host, masterAuth]).apply(([address, auth]) =>
    kubeconfigText({
      name,
      server: `https://${address}`,
      certificateAuthority: auth.clusterCaCertificate,
      command: 'gke-gcloud-auth-plugin',
    }),
  );
  return pulumi.secret(text);
}

/** Azure Kubernetes Service: a cluster whose Kata pool uses Pod Sandboxing, or kata-deploy in nested virtual machines. */
import type * as containerservice from '@pulumi/azure-native/containerservice';
import * as pulumi from '@pulumi/pulumi';
import { poolArgs, sandboxPools, systemPool } from './aks/node-pools';
import { aksProblems } from './aks/problems';
import { aksSchema, type AksSettings } from './aks/settings';
import { loadSdk } from './cloud-sdk';
import type { ClusterKind } from './cluster';
import { CloudCluster } from './cloud-cluster';

export const aks: ClusterKind<AksSettings> = {
  schema: aksSchema,
  problems: aksProblems,
  create: async (name, settings, sandbox) => {
    const sdk = await loadSdk('@pulumi/azure-native', loadAzure);
    const { subnet } = settings;
    const group = new CloudCluster('aks', name);
    const opts = { parent: group };

    const resourceGroupName = settings.resourceGroup ?? madeGroup(sdk, name, settings, opts);
    const place = { resourceGroupName, location: settings.region };
    const workspaceId =
      settings.logAnalyticsWorkspace ??
      new sdk.operationalinsights.Workspace(
        name,
        { ...place, sku: { name: 'PerGB2018' }, retentionInDays: 30 },
        opts,
      ).id;
    const identity = new sdk.managedidentity.UserAssignedIdentity(name, place, opts);
    const grants =
      subnet === undefined ? [] : [networkGrant(sdk, name, { identity, subnet }, opts)];
    const cluster = new sdk.containerservice.ManagedCluster(
      name,
      {
        resourceName: name,
        ...place,
        identity: { type: 'UserAssigned', userAssignedIdentities: [identity.id] },
        ...clusterArgs(name, settings, workspaceId),
      },
      { ...opts, dependsOn: grants },
    );
    const pools = sandboxPools(settings, sandbox).map(
      (pool) =>
        new sdk.containerservice.AgentPool(
          `${name}-${pool.role}`,
          {
            agentPoolName: pool.role,
            resourceGroupName,
            resourceName: cluster.name,
            ...poolArgs(pool, subnet),
          },
          // The autoscaler owns the count after creation. Names are fixed, so the old pool is deleted first.
          { ...opts, ignoreChanges: ['count'], deleteBeforeReplace: true },
        ),
    );
    group.complete();
    return {
      kubeconfig: kubeconfig(sdk, { resourceGroupName, cluster }, opts),
      dependsOn: [cluster, ...pools],
    };
  },
};

type Azure = Awaited<ReturnType<typeof loadAzure>>;

async function loadAzure() {
  return {
    authorization: await import('@pulumi/azure-native/authorization'),
    containerservice: await import('@pulumi/azure-native/containerservice'),
    managedidentity: await import('@pulumi/azure-native/managedidentity'),
    operationalinsights: await import('@pulumi/azure-native/operationalinsights'),
    resources: await import('@pulumi/azure-native/resources'),
  };
}

function madeGroup(
  { resources }: Azure,
  name: string,
  { region }: AksSettings,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { ResourceGroup } = resources;
  return new ResourceGroup(name, { resourceGroupName: name, location: region }, opts).name;
}

/** Of built-in role "Network Contributor" (learn.microsoft.com/azure/role-based-access-control/built-in-roles). */
const NETWORK_CONTRIBUTOR = '4d97b98b-1dd8-450c-b5c0-9cb0a2a8ed1c';

interface Grant {
  readonly identity: { readonly principalId: pulumi.Output<string> };
  readonly subnet: string;
}

/** A cluster in an existing network needs a role in it, created beforehand, for nodes and load balancers. */
function networkGrant(
  { authorization }: Azure,
  name: string,
  { identity, subnet }: Grant,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const [, , subscription = ''] = subnet.split('/');
  return new authorization.RoleAssignment(
    `${name}-network`,
    {
      scope: subnet,
      principalId: identity.principalId,
      principalType: 'ServicePrincipal',
      roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${NETWORK_CONTRIBUTOR}`,
    },
    opts,
  );
}

function clusterArgs(
  name: string,
  settings: AksSettings,
  workspaceId: pulumi.Input<string>,
): Omit<containerservice.ManagedClusterArgs, 'resourceGroupName'> {
  const { authorizedNetworks, kubernetesVersion, subnet } = settings;
  return {
    dnsPrefix: name,
    ...(kubernetesVersion !== undefined && { kubernetesVersion }),
    sku: { name: 'Base', tier: 'Standard' },
    enableRBAC: true,
    agentPoolProfiles: [{ name: 'system', ...poolArgs(systemPool(settings), subnet) }],
    apiServerAccessProfile:
      authorizedNetworks.length > 0
        ? { authorizedIPRanges: [...authorizedNetworks], disableRunCommand: true }
        : {
            enablePrivateCluster: true,
            enablePrivateClusterPublicFQDN: false,
            disableRunCommand: true,
          },
    networkProfile: {
      networkPlugin: 'azure',
      networkPluginMode: 'overlay',
      // Not Cilium: its load balancing at sockets skips pods with a kernel of their own unless configured otherwise
      // (github.com/cilium/cilium/pull/25322), which AKS does not allow.
      networkPolicy: 'calico',
      loadBalancerSku: 'standard',
      outboundType: 'loadBalancer',
    },
    oidcIssuerProfile: { enabled: true },
    securityProfile: { workloadIdentity: { enabled: true } },
    addonProfiles: {
      omsagent: { enabled: true, config: { logAnalyticsWorkspaceResourceID: workspaceId } },
    },
  };
}

interface Place {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly cluster: containerservice.ManagedCluster;
}

/** AKS creates the kubeconfig; it holds a client certificate. */
function kubeconfig(
  { containerservice: { listManagedClusterUserCredentialsOutput } }: Azure,
  { resourceGroupName, cluster }: Place,
  opts: pulumi.InvokeOptions,
): pulumi.Output<string> {
  const credentials = listManagedClusterUserCredentialsOutput(
    { resourceGroupName, resourceName: cluster.name },
    opts,
  );
  const text = credentials.apply(({ kubeconfigs }) =>
    Buffer.from(kubeconfigs[0]?.value ?? '', 'base64').toString('utf8'),
  );
  return pulumi.secret(text);
}

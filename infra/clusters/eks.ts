/** Amazon EKS: a cluster with a self-managed group for Kata, because a managed one does not support nested virtualization. */
import type * as awsEks from '@pulumi/aws/eks';
import * as pulumi from '@pulumi/pulumi';
import type { SandboxConfig } from '../../constructs';
import { loadSdk } from './cloud-sdk';
import type { ClusterKind } from './cluster';
import { CloudCluster } from './cloud-cluster';
import { controlPlane, dnsAddon, nodeAddons } from './eks/control-plane';
import { eksNetwork } from './eks/network';
import { kataGroup, managedGroup, type NodeContext } from './eks/node-groups';
import { eksProblems } from './eks/problems';
import { CONTROL_PLANE, grantedRole, NODE } from './eks/roles';
import { eksSchema, type EksSettings } from './eks/settings';
import { kataNodeUserData } from './eks/user-data';
import { kubeconfigText } from './kubeconfig';
import { installedMarks, SYSTEM_MARKS } from './pools';

export const eks: ClusterKind<EksSettings> = {
  schema: eksSchema,
  problems: eksProblems,
  create: async (name, settings, sandbox) => {
    const sdk = await loadSdk('@pulumi/aws', loadAws);
    const provider = new sdk.Provider(name, { region: settings.region });
    const group = new CloudCluster('eks', name, { providers: [provider] });
    const opts = { parent: group };

    const network = eksNetwork(sdk, name, settings, opts);
    const role = grantedRole(sdk.iam, `${name}-cluster`, CONTROL_PLANE, opts);
    const cluster = controlPlane(sdk, name, { settings, network, role }, opts);
    const addons = nodeAddons(sdk, name, cluster, opts);

    const nodeRole = grantedRole(sdk.iam, `${name}-nodes`, NODE, opts);
    const nodes: NodeContext = {
      name,
      cluster,
      subnetIds: network.subnetIds,
      after: [...nodeRole.grants, ...network.dependsOn, ...addons],
      opts,
    };
    const managed = { nodeRoleArn: nodeRole.role.arn };
    const { systemPool, gvisorPool } = settings;
    const system = managedGroup(
      sdk,
      'system',
      { ...managed, pool: systemPool, marks: SYSTEM_MARKS },
      nodes,
    );
    const pools = [system, ...kata(sdk, settings, sandbox, nodes)];
    if (gvisorPool !== undefined) {
      const marks = installedMarks('gvisor', sandbox);
      pools.push(managedGroup(sdk, 'gvisor', { ...managed, pool: gvisorPool, marks }, nodes));
    }
    const dns = dnsAddon(sdk, name, cluster, { ...opts, dependsOn: [system] });
    group.complete();
    return {
      kubeconfig: kubeconfig(name, cluster, settings.region),
      dependsOn: [...pools, dns],
    };
  },
};

type Aws = Awaited<ReturnType<typeof loadAws>>;

async function loadAws() {
  return {
    ...(await import('@pulumi/aws/provider')),
    ...(await import('@pulumi/aws/getAvailabilityZones')),
    autoscaling: await import('@pulumi/aws/autoscaling'),
    ec2: await import('@pulumi/aws/ec2'),
    eks: await import('@pulumi/aws/eks'),
    iam: await import('@pulumi/aws/iam'),
    kms: await import('@pulumi/aws/kms'),
    ssm: await import('@pulumi/aws/ssm'),
    vpc: await import('@pulumi/aws/vpc'),
  };
}

/** A separate role: EKS admits the nodes of a managed group by itself, and refuses a second entry for their role. */
function kata(
  sdk: Aws,
  { kataPool: pool }: EksSettings,
  sandbox: SandboxConfig,
  nodes: NodeContext,
): readonly pulumi.Resource[] {
  if (pool === undefined) return [];
  const { name, cluster, opts } = nodes;
  const { role, grants } = grantedRole(sdk.iam, `${name}-kata-nodes`, NODE, opts);
  const profile = new sdk.iam.InstanceProfile(`${name}-kata`, { role: role.name }, opts);
  const entry = new sdk.eks.AccessEntry(
    `${name}-kata`,
    { clusterName: cluster.name, principalArn: role.arn, type: 'EC2_LINUX' },
    opts,
  );
  const marks = installedMarks('kata', sandbox);
  const group = kataGroup(
    sdk,
    {
      pool,
      marks,
      imageId: pool.imageId ?? newestImage(sdk, cluster, opts),
      instanceProfileArn: profile.arn,
      userData: userData(cluster, (parts) => kataNodeUserData(parts, marks)),
    },
    { ...nodes, after: [...nodes.after, ...grants, entry] },
  );
  return [group];
}

/** docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html */
function newestImage(
  { ssm }: Aws,
  { version }: awsEks.Cluster,
  opts: pulumi.InvokeOptions,
): pulumi.Output<string> {
  const name = pulumi.interpolate`/aws/service/eks/optimized-ami/${version}/amazon-linux-2023/x86_64/standard/recommended/image_id`;
  return ssm.getParameterOutput({ name }, opts).value;
}

function userData(
  { name, endpoint, certificateAuthority, kubernetesNetworkConfig }: awsEks.Cluster,
  render: (parts: Parameters<typeof kataNodeUserData>[0]) => string,
): pulumi.Output<string> {
  return pulumi
    .all([name, endpoint, certificateAuthority, kubernetesNetworkConfig])
    .apply(([clusterName, server, authority, { serviceIpv4Cidr }]) =>
      render({
        name: clusterName,
        endpoint: server,
        certificateAuthority: authority.data,
        serviceCidr: serviceIpv4Cidr,
      }),
    );
}

function kubeconfig(
  name: string,
  { endpoint, certificateAuthority }: awsEks.Cluster,
  region: string,
): pulumi.Output<string> {
  const text = pulumi.all([endpoint, certificateAuthority]).apply(([server, authority]) =>
    kubeconfigText({
      name,
      server,
      certificateAuthority: authority.data,
      command: 'aws',
      args: ['eks', 'get-token', '--cluster-name', name, '--region', region, '--output', 'json'],
    }),
  );
  return pulumi.secret(text);
}

/** The control plane of a cluster in EKS, and what every node needs. */
import type * as eks from '@pulumi/aws/eks';
import type * as kms from '@pulumi/aws/kms';
import type * as vpc from '@pulumi/aws/vpc';
import type * as pulumi from '@pulumi/pulumi';
import { isPublic } from '../api-access';
import type { EksNetwork } from './network';
import type { GrantedRole } from './roles';
import type { EksSettings } from './settings';

interface ControlPlaneSdk {
  readonly eks: typeof eks;
  readonly kms: typeof kms;
  readonly vpc: typeof vpc;
}

interface Parts {
  readonly settings: EksSettings;
  readonly network: EksNetwork;
  readonly role: GrantedRole;
}

export function controlPlane(
  sdk: ControlPlaneSdk,
  name: string,
  { settings, network, role }: Parts,
  opts: pulumi.CustomResourceOptions,
): eks.Cluster {
  const { authorizedNetworks, kubernetesVersion } = settings;
  const publicRanges = authorizedNetworks.filter(isPublic);
  const cluster = new sdk.eks.Cluster(
    name,
    {
      name,
      roleArn: role.role.arn,
      ...(kubernetesVersion !== undefined && { version: kubernetesVersion }),
      vpcConfig: {
        subnetIds: network.subnetIds,
        endpointPrivateAccess: true,
        endpointPublicAccess: publicRanges.length > 0,
        ...(publicRanges.length > 0 && { publicAccessCidrs: publicRanges }),
      },
      encryptionConfig: {
        provider: { keyArn: settings.encryptionKey ?? secretsKey(sdk, name, opts) },
        resources: ['secrets'],
      },
      enabledClusterLogTypes: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'],
      accessConfig: {
        authenticationMode: 'API',
        bootstrapClusterCreatorAdminPermissions: true,
      },
      // As add-ons instead, because the network add-on enforces NetworkPolicies only when configured to.
      bootstrapSelfManagedAddons: false,
    },
    { ...opts, dependsOn: [...role.grants] },
  );
  authorizedNetworks
    .filter((range) => !isPublic(range))
    .forEach((range, i) => {
      new sdk.vpc.SecurityGroupIngressRule(
        `${name}-api-${i}`,
        {
          securityGroupId: cluster.vpcConfig.apply((c) => c.clusterSecurityGroupId ?? ''),
          cidrIpv4: range,
          ipProtocol: 'tcp',
          fromPort: 443,
          toPort: 443,
          description: 'To the API server',
        },
        opts,
      );
    });
  return cluster;
}

function secretsKey(
  { kms }: ControlPlaneSdk,
  name: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const key = new kms.Key(
    `${name}-secrets`,
    { description: `Secrets of EKS cluster ${name}`, enableKeyRotation: true },
    opts,
  );
  return key.arn;
}

/** Add-ons that must run before nodes are ready, and for pods to have an identity in AWS. */
export function nodeAddons(
  { eks }: ControlPlaneSdk,
  name: string,
  cluster: eks.Cluster,
  opts: pulumi.CustomResourceOptions,
): readonly pulumi.Resource[] {
  const policies = JSON.stringify({ enableNetworkPolicy: 'true' });
  return [
    addon(eks, name, { cluster, addonName: 'vpc-cni', configurationValues: policies }, opts),
    addon(eks, name, { cluster, addonName: 'kube-proxy' }, opts),
    addon(eks, name, { cluster, addonName: 'eks-pod-identity-agent' }, opts),
  ];
}

/** Add-on that needs nodes to run on. */
export function dnsAddon(
  { eks }: ControlPlaneSdk,
  name: string,
  cluster: eks.Cluster,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return addon(eks, name, { cluster, addonName: 'coredns' }, opts);
}

function addon(
  { Addon }: typeof eks,
  name: string,
  { cluster, ...args }: { cluster: eks.Cluster; addonName: string; configurationValues?: string },
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new Addon(
    `${name}-${args.addonName}`,
    { clusterName: cluster.name, resolveConflictsOnCreate: 'OVERWRITE', ...args },
    opts,
  );
}

/** The nodes of a cluster in EKS. */
import type * as autoscaling from '@pulumi/aws/autoscaling';
import type * as ec2 from '@pulumi/aws/ec2';
import type * as eks from '@pulumi/aws/eks';
import type * as pulumi from '@pulumi/pulumi';
import { taintsOf, type NodeMarks } from '../pools';
import { isMetal } from './instance-types';
import type { EksSettings } from './settings';

export interface NodeContext {
  readonly name: string;
  readonly cluster: eks.Cluster;
  readonly subnetIds: pulumi.Input<string>[];
  /** What must exist before a node starts. */
  readonly after: readonly pulumi.Resource[];
  readonly opts: { readonly parent: pulumi.Resource };
}

type Pool = EksSettings['systemPool'] & { readonly spot?: boolean };

/** Metadata requires tokens, which travel one hop so that no pod gets them; the disk is encrypted. */
function hardened(name: string, diskGb: number) {
  return {
    metadataOptions: {
      httpEndpoint: 'enabled',
      httpTokens: 'required',
      httpPutResponseHopLimit: 1,
    },
    blockDeviceMappings: [
      {
        deviceName: '/dev/xvda',
        ebs: {
          encrypted: 'true',
          volumeType: 'gp3',
          volumeSize: diskGb,
          deleteOnTermination: 'true',
        },
      },
    ],
    tagSpecifications: [{ resourceType: 'instance', tags: { Name: name } }],
    updateDefaultVersion: true,
  };
}

/** A group whose nodes EKS manages. */
export function managedGroup(
  sdk: { readonly ec2: typeof ec2; readonly eks: typeof eks },
  role: string,
  { pool, marks, nodeRoleArn }: { pool: Pool; marks: NodeMarks; nodeRoleArn: pulumi.Input<string> },
  { name, cluster, subnetIds, after, opts }: NodeContext,
): pulumi.Resource {
  const id = `${name}-${role}`;
  const template = new sdk.ec2.LaunchTemplate(id, hardened(id, pool.diskGb), opts);
  return new sdk.eks.NodeGroup(
    id,
    {
      clusterName: cluster.name,
      nodeRoleArn,
      subnetIds,
      amiType: 'AL2023_x86_64_STANDARD',
      capacityType: pool.spot === true ? 'SPOT' : 'ON_DEMAND',
      instanceTypes: [pool.machineType],
      launchTemplate: {
        id: template.id,
        version: template.latestVersion.apply((version) => String(version)),
      },
      labels: { ...marks.labels },
      taints: taintsOf(marks).map((taint) => ({ ...taint, effect: 'NO_SCHEDULE' })),
      scalingConfig: {
        minSize: pool.minNodes,
        maxSize: pool.maxNodes,
        desiredSize: pool.minNodes,
      },
      updateConfig: { maxUnavailable: 1 },
    },
    // The autoscaler owns the count after creation.
    { ...opts, dependsOn: [...after], ignoreChanges: ['scalingConfig.desiredSize'] },
  );
}

interface KataGroup {
  readonly pool: NonNullable<EksSettings['kataPool']>;
  readonly marks: NodeMarks;
  readonly imageId: pulumi.Input<string>;
  readonly instanceProfileArn: pulumi.Input<string>;
  readonly userData: pulumi.Input<string>;
}

/**
 * A self-managed autoscaling group: EKS drops cpuOptions from the launch template of a managed one
 * (github.com/aws/containers-roadmap/issues/2784).
 */
export function kataGroup(
  sdk: { readonly ec2: typeof ec2; readonly autoscaling: typeof autoscaling },
  { pool, marks, imageId, instanceProfileArn, userData }: KataGroup,
  { name, cluster, subnetIds, after, opts }: NodeContext,
): pulumi.Resource {
  const id = `${name}-kata`;
  const template = new sdk.ec2.LaunchTemplate(
    id,
    {
      ...hardened(id, pool.diskGb),
      imageId,
      instanceType: pool.machineType,
      ...(!isMetal(pool.machineType) && { cpuOptions: { nestedVirtualization: 'enabled' } }),
      ...(pool.spot && { instanceMarketOptions: { marketType: 'spot' } }),
      iamInstanceProfile: { arn: instanceProfileArn },
      vpcSecurityGroupIds: [
        cluster.vpcConfig.apply(({ clusterSecurityGroupId }) => clusterSecurityGroupId ?? ''),
      ],
      userData,
    },
    opts,
  );
  return new sdk.autoscaling.Group(
    id,
    {
      minSize: pool.minNodes,
      maxSize: pool.maxNodes,
      vpcZoneIdentifiers: subnetIds,
      launchTemplate: {
        id: template.id,
        version: template.latestVersion.apply((version) => String(version)),
      },
      tags: groupTags(name, marks).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: key.startsWith('kubernetes.io/cluster/'),
      })),
    },
    { ...opts, dependsOn: [...after], ignoreChanges: ['desiredCapacity'] },
  );
}

/**
 * `kubernetes.io/cluster/…` makes an instance a node of the cluster; by the others Cluster Autoscaler finds the group and
 * learns about nodes that do not exist yet (kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/README.md).
 */
function groupTags(name: string, marks: NodeMarks): readonly (readonly [string, string])[] {
  const template = 'k8s.io/cluster-autoscaler/node-template';
  return [
    [`kubernetes.io/cluster/${name}`, 'owned'],
    ['k8s.io/cluster-autoscaler/enabled', 'true'],
    [`k8s.io/cluster-autoscaler/${name}`, 'owned'],
    ...Object.entries(marks.labels).map(
      ([key, value]) => [`${template}/label/${key}`, value] as const,
    ),
    ...taintsOf(marks).map(
      ({ key, value }) => [`${template}/taint/${key}`, `${value}:NoSchedule`] as const,
    ),
  ];
}

/** The network of a cluster in EKS: private subnets for the nodes, which reach the internet only through NAT. */
import type * as ec2 from '@pulumi/aws/ec2';
import type { getAvailabilityZonesOutput } from '@pulumi/aws/getAvailabilityZones';
import type * as pulumi from '@pulumi/pulumi';
import type { EksSettings } from './settings';

export interface EksNetwork {
  /** Private subnets. */
  readonly subnetIds: pulumi.Input<string>[];
  /** Resources that nodes need before they can pull an image. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Modules of `@pulumi/aws` that the network uses. */
export interface NetworkSdk {
  readonly ec2: typeof ec2;
  readonly getAvailabilityZonesOutput: typeof getAvailabilityZonesOutput;
}

const VPC = '10.0.0.0/16';
const ANYWHERE = '0.0.0.0/0';
/** Minimum that EKS accepts. */
const ZONES = 2;

/** The subnets the settings name, or a new VPC. */
export function eksNetwork(
  sdk: NetworkSdk,
  name: string,
  { subnets, zones }: EksSettings,
  opts: pulumi.CustomResourceOptions,
): EksNetwork {
  if (subnets !== undefined) return { subnetIds: [...subnets], dependsOn: [] };
  const { ec2 } = sdk;
  const tags = { Name: name };
  const vpc = new ec2.Vpc(
    name,
    { cidrBlock: VPC, enableDnsSupport: true, enableDnsHostnames: true, tags },
    opts,
  );
  const internet = new ec2.InternetGateway(name, { vpcId: vpc.id, tags }, opts);
  const publicRoutes = routes('public', { gatewayId: internet.id });
  const address = new ec2.Eip(name, { domain: 'vpc', tags }, { ...opts, dependsOn: [internet] });

  const inZones = zones ?? zonesOfRegion(sdk, opts);
  const publicSubnets = inZones.map((zone, i) =>
    subnet('public', zone, { index: i, table: publicRoutes.id }),
  );
  const nat = new ec2.NatGateway(
    name,
    {
      allocationId: address.id,
      tags,
      ...(publicSubnets[0] && { subnetId: publicSubnets[0].subnet.id }),
    },
    { ...opts, dependsOn: publicSubnets.map(({ association }) => association) },
  );
  const privateRoutes = routes('private', { natGatewayId: nat.id });
  const privateSubnets = inZones.map((zone, i) =>
    subnet('private', zone, { index: i, table: privateRoutes.id }),
  );
  return {
    subnetIds: privateSubnets.map((made) => made.subnet.id),
    dependsOn: privateSubnets.map(({ association }) => association),
  };

  function routes(
    role: string,
    to: { gatewayId: pulumi.Input<string> } | { natGatewayId: pulumi.Input<string> },
  ): ec2.RouteTable {
    return new ec2.RouteTable(
      `${name}-${role}`,
      {
        vpcId: vpc.id,
        routes: [{ cidrBlock: ANYWHERE, ...to }],
        tags: { Name: `${name}-${role}` },
      },
      opts,
    );
  }

  function subnet(
    role: 'public' | 'private',
    zone: pulumi.Input<string>,
    { index, table }: { index: number; table: pulumi.Input<string> },
  ) {
    const id = `${name}-${role}-${index}`;
    // A /20 each; private ones in the upper half of the VPC.
    const block = (role === 'private' ? 8 : 0) + index;
    const made = new ec2.Subnet(
      id,
      {
        vpcId: vpc.id,
        availabilityZone: zone,
        cidrBlock: `10.0.${block * 16}.0/20`,
        // Which subnets load balancers go to (docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).
        tags: {
          Name: id,
          [role === 'private' ? 'kubernetes.io/role/internal-elb' : 'kubernetes.io/role/elb']: '1',
        },
      },
      opts,
    );
    const association = new ec2.RouteTableAssociation(
      id,
      { subnetId: made.id, routeTableId: table },
      opts,
    );
    return { subnet: made, association };
  }
}

/** Zones that every account has. Local zones and opt-in zones have no control planes. */
function zonesOfRegion(
  { getAvailabilityZonesOutput }: NetworkSdk,
  { parent }: pulumi.CustomResourceOptions,
): pulumi.Output<string>[] {
  const found = getAvailabilityZonesOutput(
    { state: 'available', filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }] },
    { ...(parent && { parent }) },
  );
  return Array.from({ length: ZONES }, (_, i) => found.names.apply((names) => names[i] ?? ''));
}

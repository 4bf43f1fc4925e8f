/** The network of a cluster in GKE: private nodes, which reach the internet only through Cloud NAT. */
import type * as compute from '@pulumi/gcp/compute';
import type * as pulumi from '@pulumi/pulumi';
import type { GkeSettings } from './settings';

export interface GkeNetwork {
  readonly network: pulumi.Input<string>;
  readonly subnetwork: pulumi.Input<string>;
  /** Names of secondary ranges. @default GKE creates them */
  readonly ranges?: { readonly pods: string; readonly services: string };
  /** Resources that nodes need before they can pull an image. */
  readonly dependsOn: readonly pulumi.Resource[];
}

const NODES = '10.0.0.0/20';
const RANGES = { pods: '10.4.0.0/14', services: '10.8.0.0/20' };

/** The network the settings name, or a new one. */
export function gkeNetwork(
  { Network, Subnetwork, Router, RouterNat }: typeof compute,
  name: string,
  { project, region: location, network, subnetwork }: GkeSettings,
  opts: pulumi.CustomResourceOptions,
): GkeNetwork {
  if (network !== undefined && subnetwork !== undefined) {
    return { network, subnetwork, dependsOn: [] };
  }
  const region = location.replace(/-[a-z]$/, '');
  const made = new Network(name, { project, autoCreateSubnetworks: false }, opts);
  const nodes = new Subnetwork(
    name,
    {
      project,
      region,
      network: made.id,
      ipCidrRange: NODES,
      privateIpGoogleAccess: true,
      secondaryIpRanges: Object.entries(RANGES).map(([rangeName, ipCidrRange]) => ({
        rangeName,
        ipCidrRange,
      })),
    },
    opts,
  );
  const router = new Router(name, { project, region, network: made.id }, opts);
  const nat = new RouterNat(
    `${name}-nat`,
    {
      project,
      region,
      router: router.name,
      natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    },
    opts,
  );
  return {
    network: made.id,
    subnetwork: nodes.id,
    ranges: { pods: 'pods', services: 'services' },
    dependsOn: [nat],
  };
}

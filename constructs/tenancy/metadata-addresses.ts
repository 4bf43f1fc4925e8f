/**
 * Addresses at which clouds hand out metadata and credentials: a pod that reaches them may get the node's identity.
 *
 * No egress that `Tenant` opens includes one of them. That is all that is promised: NetworkPolicies add up, so whoever may write
 * them in the namespace (the ClusterRole `admin` may) can open what is closed here, and they hold only where the network plugin
 * enforces them.
 */
import { contains, parseCidr, type Cidr } from './cidr';

const METADATA_CIDRS = [
  // Link-local (RFC 3927), whole: instance metadata of AWS, Azure, Google Cloud and most others at 169.254.169.254; container
  // credentials of Amazon ECS at 169.254.170.2 (ECS developer guide, "Task IAM role"); the EKS Pod Identity Agent at 169.254.170.23.
  '169.254.0.0/16',
  // Alibaba Cloud (ECS user guide, "Access instance metadata"); lies in the shared address space of RFC 6598.
  '100.100.100.200/32',
  // Azure's wire server, a public address that is answered by the host (Azure virtual network, "What is IP address 168.63.129.16?").
  '168.63.129.16/32',
  // AWS over IPv6 (EC2 user guide, "Access instance metadata").
  'fd00:ec2::254/128',
  // The EKS Pod Identity Agent over IPv6 (EKS user guide, "Set up the Amazon EKS Pod Identity Agent").
  'fd00:ec2::23/128',
  // Google Cloud over IPv6 (Compute Engine, "Query VM metadata").
  'fd20:ce::254/128',
  // Link-local of IPv6 (RFC 4291, 2.5.6).
  'fe80::/10',
] as const;

/** The metadata addresses inside `range`: what a NetworkPolicy has to except from it. */
export function metadataWithin(range: Cidr): string[] {
  return METADATA_CIDRS.filter((text) => {
    const metadata = parseCidr(text);
    return metadata !== undefined && contains(range, metadata);
  });
}

/** Whether `range` is nothing but metadata addresses, so that nothing would be left of it. */
export function isMetadata(range: Cidr): boolean {
  return METADATA_CIDRS.some((text) => {
    const metadata = parseCidr(text);
    return metadata !== undefined && contains(metadata, range);
  });
}

/** Cloud instance metadata: whoever reaches it holds the node's identity, so no opening for egress ever includes it. */
import { contains, parseCidr, type Cidr } from './cidr';

const METADATA_CIDRS = [
  // AWS, Azure and Google Cloud.
  '169.254.169.254/32',
  // AWS over IPv6 (EC2 user guide, "Use the Instance Metadata Service").
  'fd00:ec2::254/128',
] as const;

/** The metadata addresses inside `range`: what a NetworkPolicy has to except from it. */
export function metadataWithin(range: Cidr): string[] {
  return METADATA_CIDRS.filter((text) => {
    const metadata = parseCidr(text);
    return metadata !== undefined && contains(range, metadata);
  });
}

/** Whether `range` is nothing but a metadata address, so that nothing would be left of it. */
export function isMetadata(range: Cidr): boolean {
  return METADATA_CIDRS.some((text) => {
    const metadata = parseCidr(text);
    return metadata !== undefined && contains(metadata, range);
  });
}

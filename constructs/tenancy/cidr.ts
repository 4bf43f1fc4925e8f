/** Address ranges in CIDR notation. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** An address range as CIDR notation writes it. */
export interface Cidr {
  readonly address: string;
  readonly prefixLength: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads `10.0.0.0/8` or `fd00::/8`; undefined where the text is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', digits = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
  const prefixLength = Number(digits);
  if (family === undefined || prefixLength > (family === 'ipv4' ? 32 : 128)) return undefined;
  return { address, prefixLength, family };
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.prefixLength > inner.prefixLength) return false;
  const range = new BlockList();
  range.addSubnet(outer.address, outer.prefixLength, outer.family);
  return range.check(inner.address, inner.family);
}

/** Which addresses can reach the API server of a cloud cluster. Its nodes never have public addresses. */
import { z } from 'zod';
import { contains, parseCidr } from '../../constructs/tenancy/cidr';
import type { Problem } from '../../base/errors';

/**
 * Ranges that may reach the API server. A public one gives it a public endpoint for these ranges only; with none it is private.
 * @default []
 */
export const authorizedNetworks = z.array(z.cidrv4()).max(100).readonly().default([]);

/** RFC 1918 and RFC 6598. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].flatMap(
  (text) => parseCidr(text) ?? [],
);

export function isPublic(text: string): boolean {
  const range = parseCidr(text);
  return range !== undefined && !PRIVATE.some((outer) => contains(outer, range));
}

/**
 * @param networkKey the setting that puts the cluster into an existing network
 * @param network its value
 */
export function accessProblems(
  ranges: readonly string[],
  networkKey: string,
  network: unknown,
): readonly Problem[] {
  const unreachable: Problem = {
    path: 'authorizedNetworks',
    reason:
      'has no public range, so the API server is private to a network that this stack creates, where nothing can deploy to it',
    fix: `add the public range of this computer, such as 203.0.113.7/32, or set ${networkKey} to an existing network`,
  };
  return [
    ...(network === undefined && !ranges.some(isPublic) ? [unreachable] : []),
    ...ranges.flatMap((range, i) => (range.endsWith('/0') ? [coversEveryAddress(i)] : [])),
  ];
}

function coversEveryAddress(index: number): Problem {
  return {
    path: `authorizedNetworks[${index}]`,
    reason: 'covers every address',
    fix: 'name the ranges of administrators and pipelines',
  };
}

/**
 * Which machine types support nested virtualization
 * (cloud.google.com/kubernetes-engine/docs/how-to/nested-virtualization, cloud.google.com/compute/docs/instances/nested-virtualization/overview).
 */

/** Intel families that Google's pages or Kata's own examples for GKE name. */
const NESTED = new Set(['n2', 'c2', 'c3', 'c4']);

const WITHOUT: readonly (readonly [family: RegExp, reason: string])[] = [
  [/^(e2|f1|g1)$/, 'shares its cores, and E2 has no nested virtualization'],
  [/^([mx]\d+)$/, 'is memory-optimized, and such machines have no nested virtualization'],
  [/^(t2a|c4a|n4a|a4x)$/, 'is an Arm machine, and nested virtualization needs VT-x of Intel'],
  [
    /^(n2d|t2d|c2d|c3d|c4d|n4d|h4d|g4)$/,
    'is an AMD machine, and nested virtualization needs VT-x of Intel',
  ],
  [
    /^(n1|custom)$/,
    'may be placed on a CPU older than Haswell, which has no nested virtualization',
  ],
];

export const NESTED_MACHINE_TYPE = 'n2-standard-4';

/** Why a machine type is refused for Kata; undefined if it is not. */
export function withoutNested(machineType: string): string | undefined {
  const [family = ''] = machineType.split('-');
  if (machineType.endsWith('-metal')) {
    return 'is bare metal, to which the option for nested virtualization does not apply';
  }
  if (NESTED.has(family)) return undefined;
  const known = WITHOUT.find(([pattern]) => pattern.test(family));
  return known?.[1] ?? 'is of a family not known to have nested virtualization';
}

export const NESTED_FAMILIES = [...NESTED].join(', ');

/** Whether the machine needs gVisor's release for aarch64. */
export function isArm(machineType: string): boolean {
  return /^(t2a|c4a|n4a|a4x)-/.test(machineType);
}

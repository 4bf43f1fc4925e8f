/**
 * Which VM sizes support nested virtualization. Microsoft names D and E of the third generation and newer, without saying which of
 * them all (learn.microsoft.com/azure/aks/use-pod-sandboxing); others have shown that Intel sizes of versions 3 to 5 work.
 */

export const NESTED_VM_SIZE = 'Standard_D4s_v5';

const SIZE = /^Standard_(?<family>[A-Z]+)\d+(-\d+)?(?<features>[a-z]*)(_v(?<version>\d+))?$/;

/** Why a size is refused for Kata; undefined if it is not. */
export function withoutNested(vmSize: string): string | undefined {
  const { family = '', features = '', version = '1' } = SIZE.exec(vmSize)?.groups ?? {};
  if (features.includes('p')) return 'is an Arm size, which has no nested virtualization';
  if (features.includes('a')) return 'is an AMD size, on which Kata is not known to work';
  if (!/^[DE]$/.test(family)) return 'is not of the D or E family, whose sizes can be nested';
  const generation = Number(version);
  if (generation < 3) return 'is older than version 3, the first that can be nested';
  if (generation > 5) return 'is newer than version 5, the last that is known to work';
  return undefined;
}

/** Whether the size needs gVisor's release for aarch64. */
export function isArm(vmSize: string): boolean {
  return SIZE.exec(vmSize)?.groups?.['features']?.includes('p') ?? false;
}

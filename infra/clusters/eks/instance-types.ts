/**
 * Which instance types can run virtual machines inside: nested virtualization is a CPU option of the 8th generation of Intel
 * instances since February 2026 (docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-nested-virtualization.html); bare metal
 * never needed it.
 */

const NESTED = /^(c8i|m8i|r8i)(-flex)?\./;

export const NESTED_INSTANCE_TYPE = 'm8i.xlarge';

export function isMetal(instanceType: string): boolean {
  return /\.metal(-\d+xl)?$/.test(instanceType);
}

/** Graviton: the letter after the generation has a g, as in m7g or c7gn; a1 was the first. */
export function isArm(instanceType: string): boolean {
  return /^([a-z]+\d+g|a1\.)/.test(instanceType);
}

/** Why an instance type is refused for Kata; undefined where it is not. */
export function withoutNested(instanceType: string): string | undefined {
  if (isArm(instanceType)) return 'is an Arm instance, and the image of the nodes is for x86_64';
  if (isMetal(instanceType) || NESTED.test(instanceType)) return undefined;
  if (/^[a-z]+7i/.test(instanceType)) {
    return 'is of the 7th generation, for which reports contradict each other, and AWS names the 8th only';
  }
  if (/^[a-z]+\d+a/.test(instanceType)) {
    return 'is an AMD instance, and nested virtualization is there on Intel only';
  }
  return 'is not one that AWS names as capable of nested virtualization';
}

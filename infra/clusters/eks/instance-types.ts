/**
 * Which instance types support nested virtualization. It is a CPU option of the 8th generation of Intel
 * instances since February 2026 (docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-nested-virtualization.html); bare metal
 * does not need it.
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

/** Why an instance type is refused for Kata; undefined if it is not. */
export function withoutNested(instanceType: string): string | undefined {
  if (isArm(instanceType)) return 'is an Arm instance, and the image of the nodes is for x86_64';
  if (isMetal(instanceType) || NESTED.test(instanceType)) return undefined;
  if (/^[a-z]+7i/.test(instanceType)) {
    return 'is of the 7th generation, on which reports contradict each other, and AWS names only the 8th';
  }
  if (/^[a-z]+\d+a/.test(instanceType)) {
    return 'is an AMD instance, and nested virtualization exists on Intel only';
  }
  return 'is not listed by AWS as capable of nested virtualization';
}

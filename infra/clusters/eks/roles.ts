/** The roles of the control plane and the nodes of a cluster in EKS. */
import type * as iam from '@pulumi/aws/iam';
import type * as pulumi from '@pulumi/pulumi';

const MANAGED = 'arn:aws:iam::aws:policy';

/** docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html */
export const CONTROL_PLANE = {
  service: 'eks.amazonaws.com',
  policies: ['AmazonEKSClusterPolicy'],
} as const;

/** docs.aws.amazon.com/eks/latest/userguide/create-node-role.html */
export const NODE = {
  service: 'ec2.amazonaws.com',
  policies: [
    'AmazonEKSWorkerNodePolicy',
    'AmazonEC2ContainerRegistryPullOnly',
    'AmazonEKS_CNI_Policy',
  ],
} as const;

export interface GrantedRole {
  readonly role: iam.Role;
  /** What must exist before the role can be used. */
  readonly grants: readonly pulumi.Resource[];
}

export function grantedRole(
  { Role, RolePolicyAttachment }: typeof iam,
  name: string,
  { service, policies }: { readonly service: string; readonly policies: readonly string[] },
  opts: pulumi.CustomResourceOptions,
): GrantedRole {
  const role = new Role(
    name,
    {
      assumeRolePolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      }),
    },
    opts,
  );
  const grants = policies.map(
    (policy) =>
      new RolePolicyAttachment(
        `${name}-${policy}`,
        { role: role.name, policyArn: `${MANAGED}/${policy}` },
        opts,
      ),
  );
  return { role, grants };
}

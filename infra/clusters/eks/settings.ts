/** The stack settings of a cluster in Amazon EKS. */
import { z } from 'zod';
import { authorizedNetworks } from '../api-access';
import { kubernetesVersion } from '../kubernetes-version';
import { poolShape } from '../pools';
import { NESTED_INSTANCE_TYPE } from './instance-types';

/** Cheaper nodes that AWS may reclaim at any time. @default false */
const spot = z.boolean().default(false);

export const eksSchema = z.strictObject({
  /** AWS region. */
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-central-1'),
  /** Without a patch version: EKS has none. */
  kubernetesVersion,
  authorizedNetworks,
  /** Existing private subnets in at least two zones, with NAT to the internet. @default a VPC is created */
  subnets: z
    .array(z.string().regex(/^subnet-[0-9a-f]+$/, 'must be the ID of a subnet'))
    .min(2)
    .readonly()
    .optional(),
  /** Zones of the new VPC. @default two of the region; not every zone has every instance type */
  zones: z.array(z.string().min(1)).min(2).max(8).readonly().optional(),
  /** ARN of the KMS key that encrypts secrets. @default one is created */
  encryptionKey: z
    .string()
    .regex(/^arn:aws[a-z-]*:kms:[^:]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key')
    .optional(),
  /** For Gatekeeper, the webhook and pods without a sandbox. */
  systemPool: z.strictObject(poolShape('m7i.xlarge')).prefault({}),
  /** For Kata, by kata-deploy. @default none */
  kataPool: z
    .strictObject({
      ...poolShape(NESTED_INSTANCE_TYPE),
      spot,
      /** EKS manages the nodes of a managed group, but drops the option for nested virtualization. @default "self-managed" */
      group: z.enum(['self-managed', 'managed']).default('self-managed'),
      /** The CPU option. @default true, on bare metal false */
      nestedVirtualization: z.boolean().optional(),
      /** AMI of Amazon Linux 2023 for EKS, to pin it. @default the newest one for the Kubernetes version, at every `pulumi up` */
      imageId: z
        .string()
        .regex(/^ami-[0-9a-f]+$/, 'must be the ID of an AMI')
        .optional(),
    })
    .optional(),
  /** For gVisor, by this project's installer. @default none */
  gvisorPool: z.strictObject({ ...poolShape('m7i.xlarge'), spot }).optional(),
});

export type EksSettings = z.output<typeof eksSchema>;

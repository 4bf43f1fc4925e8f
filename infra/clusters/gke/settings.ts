/** The stack settings of a cluster in Google Kubernetes Engine. */
import { z } from 'zod';
import { authorizedNetworks } from '../api-access';
import { kubernetesVersion } from '../kubernetes-version';
import { poolShape } from '../pools';
import { NESTED_MACHINE_TYPE } from './machine-types';

/** Only the first lets an installer write to the node. The second is accepted so that a problem can explain this. */
const imageType = z.enum(['UBUNTU_CONTAINERD', 'COS_CONTAINERD']).optional();
/** Cheaper nodes that Google may reclaim at any time. @default false */
const spot = z.boolean().default(false);

export const gkeSchema = z.strictObject({
  /** Project the cluster is in. */
  project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be the ID of a project'),
  /** Region, whose zones share control plane and nodes, or one zone. */
  region: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d+(-[a-z])?$/, 'must be a region or zone such as europe-west4'),
  kubernetesVersion,
  /** Release channel, which decides when GKE upgrades. @default "REGULAR" */
  releaseChannel: z.enum(['RAPID', 'REGULAR', 'STABLE', 'EXTENDED']).default('REGULAR'),
  /** Autopilot allows neither nested virtualization nor installers on nodes; only false works. @default false */
  autopilot: z.boolean().default(false),
  authorizedNetworks,
  /** Range of the control plane in the network of the nodes; a /28. @default "172.16.0.0/28" */
  controlPlaneRange: z
    .cidrv4()
    .refine((range) => range.endsWith('/28'), 'must be a /28')
    .default('172.16.0.0/28'),
  /** Existing VPC network, with NAT to the internet. @default one is created */
  network: z.string().min(1).optional(),
  /** Subnetwork of `network`, in the region. */
  subnetwork: z.string().min(1).optional(),
  /** Cloud KMS key that encrypts secrets, besides Google's own. @default none */
  encryptionKey: z
    .string()
    .regex(
      /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
      'must be projects/…/locations/…/keyRings/…/cryptoKeys/…',
    )
    .optional(),
  /** For Gatekeeper, the webhook and pods without a sandbox. */
  systemPool: z.strictObject(poolShape('e2-standard-4')).prefault({}),
  /** For Kata, by kata-deploy. @default none */
  kataPool: z.strictObject({ ...poolShape(NESTED_MACHINE_TYPE), imageType, spot }).optional(),
  /** For gVisor. @default none */
  gvisorPool: z
    .strictObject({
      ...poolShape('n2-standard-4'),
      imageType,
      spot,
      /** How gVisor is installed: by this project's installer, or by GKE Sandbox with its own RuntimeClass. @default "installer" */
      runtime: z.enum(['installer', 'gke-sandbox']).default('installer'),
    })
    .optional(),
});

export type GkeSettings = z.output<typeof gkeSchema>;

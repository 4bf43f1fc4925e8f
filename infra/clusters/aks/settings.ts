/** The stack settings of a cluster in Azure Kubernetes Service. */
import { z } from 'zod';
import { authorizedNetworks } from '../api-access';
import { kubernetesVersion } from '../kubernetes-version';
import { poolShape } from '../pools';
import { NESTED_VM_SIZE } from './vm-sizes';

function resourceId(type: string, example: string) {
  const pattern = new RegExp(`^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/${type}/`, 'i');
  return z.string().regex(pattern, `must be the ID of a resource such as ${example}`);
}

export const aksSchema = z.strictObject({
  /** Azure location. */
  region: z.string().regex(/^[a-z]+[a-z0-9]*$/, 'must be a location such as westeurope'),
  kubernetesVersion,
  authorizedNetworks,
  /** Existing resource group. @default one is created */
  resourceGroup: z.string().min(1).max(90).optional(),
  /** ID of an existing subnet for the nodes, with access to the internet. @default AKS creates a network */
  subnet: resourceId('Microsoft.Network/virtualNetworks', 'a subnet').optional(),
  /** ID of the Log Analytics workspace for logs and metrics. @default one is created */
  logAnalyticsWorkspace: resourceId(
    'Microsoft.OperationalInsights/workspaces',
    'a workspace',
  ).optional(),
  /** For Gatekeeper, the webhook and pods without a sandbox. */
  systemPool: z.strictObject(poolShape('Standard_D4s_v5')).prefault({}),
  /** For Kata. @default none */
  kataPool: z
    .strictObject({
      ...poolShape(NESTED_VM_SIZE),
      /**
       * How Kata is installed: by Pod Sandboxing of AKS with its own RuntimeClass, or by kata-deploy in nested virtual machines.
       * @default "isolation"
       */
      mode: z.enum(['isolation', 'nested']).default('isolation'),
      /** @default "AzureLinux" for isolation, "Ubuntu" for nested, the only ones that work */
      osSku: z.enum(['AzureLinux', 'AzureLinux3', 'Ubuntu', 'Ubuntu2204']).optional(),
    })
    .optional(),
  /** For gVisor, by this project's installer. @default none */
  gvisorPool: z.strictObject(poolShape('Standard_D4s_v5')).optional(),
});

export type AksSettings = z.output<typeof aksSchema>;

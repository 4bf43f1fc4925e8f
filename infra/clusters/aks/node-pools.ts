/** The agent pools of a cluster in AKS. */
import type * as pulumi from '@pulumi/pulumi';
import type { SandboxConfig } from '../../../constructs';
import {
  installedMarks,
  providedMarks,
  SYSTEM_MARKS,
  taintsOf,
  type Family,
  type NodeMarks,
} from '../pools';
import type { AksSettings } from './settings';

/**
 * AKS keeps the taints of a pool on its nodes permanently: since April 2022 it refuses to remove one
 * (github.com/Azure/AKS/releases/tag/2022-04-24). `nodeInitializationTaints`, which can be removed, exist in preview APIs only; the API of
 * @pulumi/azure-native 3.28.0 does not have them.
 */
export function marksWithoutStartup(family: Family, sandbox: SandboxConfig): NodeMarks {
  return { ...installedMarks(family, sandbox), startupTaints: [] };
}

interface Pool {
  readonly role: 'system' | Family;
  readonly size: AksSettings['systemPool'];
  readonly marks: NodeMarks;
  readonly osSKU: string;
  readonly workloadRuntime?: 'KataVmIsolation';
}

/** Part of the cluster; the other pools are separate resources. */
export function systemPool({ systemPool: size }: AksSettings): Pool {
  return { role: 'system', size, marks: SYSTEM_MARKS, osSKU: 'Ubuntu' };
}

export function sandboxPools(
  { kataPool, gvisorPool }: AksSettings,
  sandbox: SandboxConfig,
): readonly Pool[] {
  return [
    ...(kataPool === undefined ? [] : [kata(kataPool, sandbox)]),
    ...(gvisorPool === undefined
      ? []
      : [
          {
            role: 'gvisor',
            size: gvisorPool,
            marks: marksWithoutStartup('gvisor', sandbox),
            osSKU: 'Ubuntu',
          } as const,
        ]),
  ];
}

function kata(pool: NonNullable<AksSettings['kataPool']>, sandbox: SandboxConfig): Pool {
  if (pool.mode === 'nested') {
    return {
      role: 'kata',
      size: pool,
      marks: marksWithoutStartup('kata', sandbox),
      osSKU: pool.osSku ?? 'Ubuntu',
    };
  }
  return {
    role: 'kata',
    size: pool,
    marks: providedMarks('kata', sandbox),
    osSKU: pool.osSku ?? 'AzureLinux',
    workloadRuntime: 'KataVmIsolation',
  };
}

/** The common arguments of pools inside and outside of the cluster's resource. */
export function poolArgs(
  { role, size, marks, osSKU, workloadRuntime }: Pool,
  subnet: pulumi.Input<string> | undefined,
) {
  return {
    mode: role === 'system' ? 'System' : 'User',
    type: 'VirtualMachineScaleSets',
    vmSize: size.machineType,
    enableAutoScaling: true,
    count: size.minNodes,
    minCount: size.minNodes,
    maxCount: size.maxNodes,
    osType: 'Linux',
    osSKU,
    osDiskSizeGB: size.diskGb,
    enableEncryptionAtHost: true,
    enableNodePublicIP: false,
    nodeLabels: { ...marks.labels },
    nodeTaints: taintsOf(marks).map(({ key, value }) => `${key}=${value}:NoSchedule`),
    ...(workloadRuntime !== undefined && { workloadRuntime }),
    ...(subnet !== undefined && { vnetSubnetID: subnet }),
  };
}

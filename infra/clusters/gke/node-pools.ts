/** The node pools of a cluster in GKE. */
import type * as container from '@pulumi/gcp/container';
import type * as gcp from '@pulumi/gcp/types';
import type * as pulumi from '@pulumi/pulumi';
import type { SandboxConfig } from '../../../constructs';
import { installedMarks, providedMarks, SYSTEM_MARKS, taintsOf, type NodeMarks } from '../pools';
import type { GkeSettings } from './settings';

type NodeConfig = gcp.input.container.NodePoolNodeConfig;

/** The common arguments of the pools of one cluster. */
export interface PoolContext {
  readonly project: string;
  readonly location: string;
  readonly cluster: pulumi.Input<string>;
  /** E-mail address of the nodes' service account. */
  readonly serviceAccount: pulumi.Input<string>;
  /** Network tag of the nodes. */
  readonly tag: string;
  readonly opts: pulumi.CustomResourceOptions;
}

interface Pool {
  readonly role: string;
  readonly size: {
    readonly machineType: string;
    readonly minNodes: number;
    readonly maxNodes: number;
    readonly diskGb: number;
  };
  readonly marks: NodeMarks;
  readonly node: NodeConfig;
}

/** Every pool of the stack. */
export function poolsOf(
  { systemPool, kataPool, gvisorPool }: GkeSettings,
  sandbox: SandboxConfig,
): readonly Pool[] {
  const system: Pool = {
    role: 'system',
    size: systemPool,
    marks: SYSTEM_MARKS,
    node: { imageType: 'COS_CONTAINERD' },
  };
  return [
    system,
    ...(kataPool === undefined ? [] : [kata(kataPool, sandbox)]),
    ...(gvisorPool === undefined ? [] : [gvisor(gvisorPool, sandbox)]),
  ];
}

function kata(pool: NonNullable<GkeSettings['kataPool']>, sandbox: SandboxConfig): Pool {
  return {
    role: 'kata',
    size: pool,
    marks: installedMarks('kata', sandbox),
    node: {
      imageType: 'UBUNTU_CONTAINERD',
      spot: pool.spot,
      // Two threads per core, as these machines have without the setting, which has no default.
      advancedMachineFeatures: { enableNestedVirtualization: true, threadsPerCore: 2 },
    },
  };
}

/** GKE Sandbox labels and taints its nodes itself, and refuses a taint of its key in the configuration. */
function gvisor(pool: NonNullable<GkeSettings['gvisorPool']>, sandbox: SandboxConfig): Pool {
  const { spot } = pool;
  if (pool.runtime === 'gke-sandbox') {
    return {
      role: 'gvisor',
      size: pool,
      marks: providedMarks('gvisor', sandbox),
      node: { imageType: 'COS_CONTAINERD', spot, sandboxConfig: { type: 'gvisor' } },
    };
  }
  return {
    role: 'gvisor',
    size: pool,
    marks: installedMarks('gvisor', sandbox),
    node: { imageType: 'UBUNTU_CONTAINERD', spot },
  };
}

export function nodePool(
  { NodePool }: typeof container,
  name: string,
  { role, size, marks, node }: Pool,
  context: PoolContext,
): pulumi.Resource {
  const { project, location, cluster, serviceAccount, tag, opts } = context;
  return new NodePool(
    `${name}-${role}`,
    {
      name: role,
      project,
      location,
      cluster,
      initialNodeCount: size.minNodes === 0 ? 0 : 1,
      autoscaling: { totalMinNodeCount: size.minNodes, totalMaxNodeCount: size.maxNodes },
      management: { autoRepair: true, autoUpgrade: true },
      nodeConfig: {
        ...node,
        machineType: size.machineType,
        diskSizeGb: size.diskGb,
        serviceAccount,
        // The roles of their account decide what the nodes may do.
        oauthScopes: ['https://www.googleapis.com/auth/cloud-platform'],
        labels: { ...marks.labels },
        taints: taintsOf(marks).map((taint) => ({ ...taint, effect: 'NO_SCHEDULE' })),
        tags: [tag],
        metadata: { 'disable-legacy-endpoints': 'true' },
        shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
        workloadMetadataConfig: { mode: 'GKE_METADATA' },
      },
    },
    // The autoscaler owns the count after creation, and a change would replace the pool. Names are fixed, so the old pool is deleted first.
    { ...opts, ignoreChanges: ['initialNodeCount'], deleteBeforeReplace: true },
  );
}

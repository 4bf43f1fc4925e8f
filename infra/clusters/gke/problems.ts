/** Reports settings that cannot work in Google Kubernetes Engine. */
import type { SandboxConfig } from '../../../constructs';
import type { Problem } from '../../../base/errors';
import type { Condition } from '../../../policy/model/runtime-policy';
import { accessProblems } from '../api-access';
import { versionProblems } from '../kubernetes-version';
import { installedPoolProblems, presenceProblems } from '../pool-fit';
import { providedPoolProblems, type ProvidedRuntime } from '../pool-provided';
import {
  inSettings,
  installedMarks,
  POOL_KEYS,
  runtimesOf,
  systemPoolProblems,
  type Family,
} from '../pools';
import { isArm, NESTED_FAMILIES, NESTED_MACHINE_TYPE, withoutNested } from './machine-types';
import type { GkeSettings } from './settings';

/** cloud.google.com/kubernetes-engine/docs/how-to/sandbox-pods */
const GKE_SANDBOX: ProvidedRuntime = {
  family: 'gvisor',
  title: 'GKE Sandbox',
  runtimeClassName: 'gvisor',
  handler: 'gvisor',
};

export function gkeProblems(settings: GkeSettings, sandbox: SandboxConfig): readonly Problem[] {
  const { kataPool, gvisorPool, network, subnetwork } = settings;
  return [
    ...(settings.autopilot ? [AUTOPILOT] : []),
    ...versionProblems(settings.kubernetesVersion, sandbox),
    ...accessProblems(settings.authorizedNetworks, 'network', network),
    ...((network === undefined) === (subnetwork === undefined) ? [] : [HALF_A_NETWORK]),
    ...systemPoolProblems(settings.systemPool),
    ...zoneProblems(settings),
    ...presenceProblems('kata', kataPool, sandbox),
    ...presenceProblems('gvisor', gvisorPool, sandbox),
    ...(kataPool === undefined ? [] : kataProblems(kataPool, sandbox)),
    ...(gvisorPool === undefined ? [] : gvisorProblems(gvisorPool, sandbox)),
  ];
}

const AUTOPILOT: Problem = {
  path: 'autopilot',
  reason: 'is on, and Autopilot allows neither nested virtualization nor installers on nodes',
  fix: 'leave it out: the cluster is then a Standard one',
};

const HALF_A_NETWORK: Problem = {
  path: 'network',
  reason: 'and subnetwork must be set together',
  fix: 'set both, or neither',
};

/** A pool of a regional cluster starts with a node in each of three zones, whatever its maximum. */
const ZONES = 3;

function zoneProblems(settings: GkeSettings): readonly Problem[] {
  if (/-[a-z]$/.test(settings.region)) return [];
  return (['systemPool', 'kataPool', 'gvisorPool'] as const).flatMap((key): Problem[] => {
    const pool = settings[key];
    if (pool === undefined || pool.minNodes === 0 || pool.maxNodes >= ZONES) return [];
    return [
      {
        path: `${key}.maxNodes`,
        reason: `is ${pool.maxNodes}, and a pool in a region starts with a node in each of ${ZONES} zones`,
        fix: `set it to at least ${ZONES}, or set region to one zone such as ${settings.region}-a`,
      },
    ];
  });
}

type KataPool = NonNullable<GkeSettings['kataPool']>;
type GvisorPool = NonNullable<GkeSettings['gvisorPool']>;

function kataProblems(pool: KataPool, sandbox: SandboxConfig): readonly Problem[] {
  const without = withoutNested(pool.machineType);
  const machine = (reason: string): Problem => ({
    path: 'kataPool.machineType',
    reason: `${pool.machineType} ${reason}`,
    fix: `use a machine of ${NESTED_FAMILIES}, such as ${NESTED_MACHINE_TYPE}`,
  });
  return [
    ...(without === undefined ? [] : [machine(without)]),
    ...imageProblems('kata', pool.imageType, 'kata-deploy'),
    ...installedPoolProblems('kata', pool, installedMarks('kata', sandbox), sandbox),
  ];
}

function gvisorProblems(pool: GvisorPool, sandbox: SandboxConfig): readonly Problem[] {
  if (pool.runtime === 'gke-sandbox') {
    return [
      ...(pool.imageType === 'UBUNTU_CONTAINERD' ? [SANDBOX_ON_UBUNTU] : []),
      ...providedPoolProblems(GKE_SANDBOX, sandbox),
      ...hostPathProblems(sandbox),
    ];
  }
  const arm: Problem = {
    path: 'gvisorPool.machineType',
    reason: `${pool.machineType} is an Arm machine, and the digests of the gVisor release have none for aarch64`,
    fix: 'add the digest of the aarch64 release to nodes.gvisor.sha512, or use an x86 machine',
  };
  return [
    ...(isArm(pool.machineType) && !hasAarch64(sandbox) ? [arm] : []),
    ...imageProblems('gvisor', pool.imageType, 'the gVisor installer'),
    ...installedPoolProblems('gvisor', pool, installedMarks('gvisor', sandbox), sandbox),
  ];
}

function hasAarch64({ nodes }: SandboxConfig): boolean {
  return Object.keys(nodes.gvisor?.sha512 ?? {}).some((file) => file.startsWith('aarch64/'));
}

function imageProblems(
  family: Family,
  imageType: string | undefined,
  installer: string,
): readonly Problem[] {
  if (imageType !== 'COS_CONTAINERD') return [];
  return [
    {
      path: `${POOL_KEYS[family]}.imageType`,
      reason: `is COS_CONTAINERD, whose file system is read-only, so ${installer} cannot install`,
      fix: 'leave it out, or use UBUNTU_CONTAINERD',
    },
  ];
}

const SANDBOX_ON_UBUNTU: Problem = {
  path: 'gvisorPool.imageType',
  reason: 'is UBUNTU_CONTAINERD, and GKE Sandbox exists on COS_CONTAINERD only',
  fix: 'leave it out',
};

/** GKE refuses hostPath volumes of sandboxed pods, so pods that a rule assigns to GKE Sandbox because of one cannot run. */
function hostPathProblems(sandbox: SandboxConfig): readonly Problem[] {
  const names = new Set(runtimesOf('gvisor', sandbox).map(({ name }) => name));
  return sandbox.policy.rules.flatMap((rule, i): Problem[] => {
    if (rule.runtime === undefined || !names.has(rule.runtime)) return [];
    if (!asksForHostPath(rule.when)) return [];
    return [
      {
        path: inSettings('policy', 'rules', i),
        reason: `gives pods with hostPath volumes runtime ${rule.runtime}, and GKE Sandbox refuses such pods`,
        fix: 'name another runtime',
      },
    ];
  });
}

function asksForHostPath({ all = [], any = [], pod }: Condition): boolean {
  const isAsked = pod?.hostPaths !== undefined || (pod?.volumes?.includes('hostPath') ?? false);
  return isAsked || [...all, ...any].some(asksForHostPath);
}

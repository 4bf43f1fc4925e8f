/** Reports settings that cannot work in Azure Kubernetes Service. */
import type { SandboxConfig } from '../../../constructs';
import type { Problem } from '../../../base/errors';
import { accessProblems, isPublic } from '../api-access';
import { versionProblems } from '../kubernetes-version';
import { installedPoolProblems, presenceProblems } from '../pool-fit';
import { providedPoolProblems, type ProvidedRuntime } from '../pool-provided';
import {
  createdClass,
  inSettings,
  INSTALLED_LABELS,
  POOL_KEYS,
  runtimesOf,
  systemPoolProblems,
  type Family,
} from '../pools';
import { isArm, NESTED_VM_SIZE, withoutNested } from './vm-sizes';
import { marksWithoutStartup } from './node-pools';
import type { AksSettings } from './settings';

/** learn.microsoft.com/azure/aks/use-pod-sandboxing */
const POD_SANDBOXING: ProvidedRuntime = {
  family: 'kata',
  title: 'Pod Sandboxing of AKS',
  runtimeClassName: 'kata-vm-isolation',
  handler: 'kata',
};

export function aksProblems(settings: AksSettings, sandbox: SandboxConfig): readonly Problem[] {
  const { kataPool, gvisorPool, subnet, authorizedNetworks } = settings;
  return [
    ...versionProblems(settings.kubernetesVersion, sandbox),
    ...accessProblems(authorizedNetworks, 'subnet', subnet),
    ...privateRangeProblems(authorizedNetworks),
    ...systemPoolProblems(settings.systemPool),
    ...armProblems('systemPool', settings.systemPool),
    ...presenceProblems('kata', kataPool, sandbox),
    ...presenceProblems('gvisor', gvisorPool, sandbox),
    ...(kataPool === undefined ? [] : kataProblems(kataPool, sandbox)),
    ...(gvisorPool === undefined
      ? []
      : [
          ...armProblems('gvisorPool', gvisorPool),
          ...installedProblems('gvisor', gvisorPool, sandbox),
        ]),
  ];
}

/** Authorised ranges apply to the public endpoint; a private one is reached through the network. */
function privateRangeProblems(ranges: readonly string[]): readonly Problem[] {
  return ranges.flatMap((range, i): Problem[] =>
    isPublic(range)
      ? []
      : [
          {
            path: `authorizedNetworks[${i}]`,
            reason: `is ${range}, a private range, and AKS supports ranges for a public endpoint only`,
            fix: 'leave it out: without ranges the API server is private and reachable from the network of subnet',
          },
        ],
  );
}

type KataPool = NonNullable<AksSettings['kataPool']>;

function kataProblems(pool: KataPool, sandbox: SandboxConfig): readonly Problem[] {
  const { machineType, mode } = pool;
  const without = withoutNested(machineType);
  const size = (reason: string): Problem => ({
    path: 'kataPool.machineType',
    reason: `${machineType} ${reason}`,
    fix: `use an Intel size of D or E, version 3 to 5, such as ${NESTED_VM_SIZE}`,
  });
  return [
    ...(without === undefined ? [] : [size(without)]),
    ...osProblems(pool),
    ...(mode === 'isolation'
      ? providedPoolProblems(POD_SANDBOXING, sandbox)
      : installedProblems('kata', pool, sandbox)),
  ];
}

function osProblems({ mode, osSku }: KataPool): readonly Problem[] {
  const wanted = mode === 'isolation' ? 'AzureLinux' : 'Ubuntu';
  if (osSku === undefined || osSku.startsWith(wanted)) return [];
  const why =
    mode === 'isolation'
      ? 'Pod Sandboxing requires Azure Linux'
      : 'kata-deploy finds nested KVM on Ubuntu only';
  return [
    {
      path: 'kataPool.osSku',
      reason: `is ${osSku}, and ${why}`,
      fix: `leave it out, or use ${wanted}`,
    },
  ];
}

/**
 * What else an installer's pool needs if nodes cannot start tainted: pods must wait for the label that the installer sets,
 * so a pool must not be empty either.
 */
function installedProblems(
  family: Family,
  pool: NonNullable<AksSettings['gvisorPool']>,
  sandbox: SandboxConfig,
): readonly Problem[] {
  const label = INSTALLED_LABELS[family];
  const early = runtimesOf(family, sandbox).filter(({ name }) => {
    const created = createdClass(sandbox, name);
    return created !== undefined && created.nodeSelector[label] !== 'true';
  });
  return [
    ...installedPoolProblems(family, pool, marksWithoutStartup(family, sandbox), sandbox),
    ...early.map(({ name }): Problem => ({
      path: inSettings('runtimes', name, 'nodeSelector'),
      reason: `does not select ${label}, and nodes of AKS cannot start with a removable taint, so pods of ${POOL_KEYS[family]} would start before the runtime is installed`,
      fix: `leave nodeSelector out, or add '${label}': 'true'`,
    })),
  ];
}

/** The digests and images of this project are those for x86. */
function armProblems(
  key: string,
  { machineType }: { readonly machineType: string },
): readonly Problem[] {
  if (!isArm(machineType)) return [];
  return [
    {
      path: `${key}.machineType`,
      reason: `${machineType} is an Arm size, which this project does not support in AKS`,
      fix: 'use an Intel or AMD size',
    },
  ];
}

/** Reports settings that cannot work in Amazon EKS. */
import type { SandboxConfig } from '../../../constructs';
import type { Problem } from '../../../base/errors';
import { accessProblems } from '../api-access';
import { versionProblems } from '../kubernetes-version';
import { installedPoolProblems, presenceProblems } from '../pool-fit';
import { installedMarks, systemPoolProblems } from '../pools';
import { isArm, isMetal, NESTED_INSTANCE_TYPE, withoutNested } from './instance-types';
import type { EksSettings } from './settings';

export function eksProblems(settings: EksSettings, sandbox: SandboxConfig): readonly Problem[] {
  const { kubernetesVersion, kataPool, gvisorPool, systemPool, subnets, zones } = settings;
  return [
    ...versionProblems(kubernetesVersion, sandbox),
    ...patchProblems(kubernetesVersion),
    ...accessProblems(settings.authorizedNetworks, 'subnets', subnets),
    ...(subnets === undefined || zones === undefined ? [] : [ZONES_OF_SUBNETS]),
    ...systemPoolProblems(systemPool),
    ...armProblems('systemPool', systemPool),
    ...presenceProblems('kata', kataPool, sandbox),
    ...presenceProblems('gvisor', gvisorPool, sandbox),
    ...(kataPool === undefined ? [] : kataProblems(kataPool, sandbox)),
    ...(gvisorPool === undefined
      ? []
      : [
          ...armProblems('gvisorPool', gvisorPool),
          ...installedPoolProblems(
            'gvisor',
            gvisorPool,
            installedMarks('gvisor', sandbox),
            sandbox,
          ),
        ]),
  ];
}

const ZONES_OF_SUBNETS: Problem = {
  path: 'zones',
  reason: 'are zones of a new VPC, and subnets names an existing one',
  fix: 'leave one of the two out',
};

function patchProblems(version: string | undefined): readonly Problem[] {
  if (version === undefined || version.split('.').length === 2) return [];
  return [
    {
      path: 'kubernetesVersion',
      reason: `is ${version}, and EKS chooses the patch version itself`,
      fix: `give ${version.split('.').slice(0, 2).join('.')}`,
    },
  ];
}

/** The images are those of AL2023_x86_64_STANDARD. */
function armProblems(key: string, { machineType }: { machineType: string }): readonly Problem[] {
  if (!isArm(machineType)) return [];
  return [
    {
      path: `${key}.machineType`,
      reason: `${machineType} is an Arm instance, and the image of the nodes is for x86_64`,
      fix: 'use an Intel or AMD instance type',
    },
  ];
}

type KataPool = NonNullable<EksSettings['kataPool']>;

function kataProblems(pool: KataPool, sandbox: SandboxConfig): readonly Problem[] {
  const { machineType } = pool;
  const without = withoutNested(machineType);
  const type = (reason: string): Problem => ({
    path: 'kataPool.machineType',
    reason: `${machineType} ${reason}`,
    fix: `use c8i, m8i or r8i, such as ${NESTED_INSTANCE_TYPE}, or bare metal; "aws ec2 describe-instance-types --filters Name=processor-info.supported-features,Values=nested-virtualization" lists them`,
  });
  return [
    ...(without === undefined ? [] : [type(without)]),
    ...(pool.group === 'managed' ? [MANAGED_GROUP] : []),
    ...switchProblems(pool),
    ...installedPoolProblems('kata', pool, installedMarks('kata', sandbox), sandbox),
  ];
}

/** github.com/aws/containers-roadmap/issues/2784, github.com/terraform-aws-modules/terraform-aws-eks/issues/3686 */
const MANAGED_GROUP: Problem = {
  path: 'kataPool.group',
  reason:
    'is managed, and EKS drops cpuOptions from the launch template of a managed node group, so Kata would find no /dev/kvm',
  fix: 'leave it out: the autoscaling group of this stack keeps cpuOptions',
};

function switchProblems({ machineType, nestedVirtualization, spot }: KataPool): readonly Problem[] {
  const metal = isMetal(machineType);
  if (metal && nestedVirtualization === true) {
    return [
      {
        path: 'kataPool.nestedVirtualization',
        reason: `is on, and ${machineType} is bare metal, which has no such CPU option`,
        fix: 'leave it out',
      },
    ];
  }
  if (metal) return [];
  return [...(nestedVirtualization === false ? [SWITCHED_OFF] : []), ...(spot ? [SPOT] : [])];
}

const SWITCHED_OFF: Problem = {
  path: 'kataPool.nestedVirtualization',
  reason: 'is off, so Kata would find no /dev/kvm',
  fix: 'leave it out, or use bare metal',
};

/** Reported, not confirmed by AWS. Refusing it is safer than a pool that cannot start. */
const SPOT: Problem = {
  path: 'kataPool.spot',
  reason: 'is on, and EC2 is reported to refuse spot instances with cpuOptions',
  fix: 'leave it out, or use bare metal',
};

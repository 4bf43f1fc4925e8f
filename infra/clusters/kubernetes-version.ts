/** Checks that the Kubernetes version of a stack is new enough for the platform. */
import { z } from 'zod';
import type { SandboxConfig } from '../../constructs';
import type { Problem } from '../../base/errors';

/** `1.36`; if the cloud supports it, also `1.36.3` or `1.36.3-gke.100`. @default the cloud's default */
export const kubernetesVersion = z
  .string()
  .regex(/^1\.\d{1,3}(\.\d{1,4}(-gke\.\d{1,9})?)?$/, 'must be a version such as "1.36"')
  .optional();

/** ValidatingAdmissionPolicy is GA since 1.30 (KEP-3488); AKS needs 1.27 for Pod Sandboxing, so that is included. */
const PLATFORM_MINOR = 30;

/** The policy that confines the gVisor installer needs tokens that name their node (KEP-4193), GA since 1.32. */
const GVISOR_INSTALLER_MINOR = 32;

export function versionProblems(
  version: string | undefined,
  { nodes }: SandboxConfig,
): readonly Problem[] {
  if (version === undefined) return [];
  const minor = Number(version.split('.')[1]);
  const [needed, what] =
    nodes.gvisor === undefined
      ? [PLATFORM_MINOR, 'the platform']
      : [GVISOR_INSTALLER_MINOR, 'the gVisor installer'];
  if (minor >= needed) return [];
  return [
    {
      path: 'kubernetesVersion',
      reason: `is ${version}, and ${what} needs 1.${needed}`,
      fix: `set it to 1.${needed} or newer, or leave it out`,
    },
  ];
}

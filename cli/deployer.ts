/** Chooses the deployer: Pulumi or server-side apply. Both deploy the same objects, in the same order, with the same waits. */
import type { DeployEvent, DeployReport } from '../deploy/apply';
import type { LocalCluster } from '../local/cluster';
import type { Profile } from '../infra/clusters/local-settings';
import type { OnProgress } from '../local/progress';
import type { PulumiPrograms } from '../local/toolchain/pulumi';
import packageJson from '../package.json';
import { SHARED_ERRORS, SandboxError } from '../base/errors';

/** `auto`: the deployer used before, else Pulumi if its programs are installed, else apply. */
export const DEPLOYERS = ['auto', 'pulumi', 'apply'] as const;

export type DeployerChoice = (typeof DEPLOYERS)[number];

/** Where the platform goes. */
export interface Destination {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly profile: Profile;
  /** The cluster, if it is a local one. */
  readonly local?: LocalCluster;
}

export interface DeployToOptions {
  readonly choice: DeployerChoice;
  /** Called once with the deployer and why it was chosen. */
  readonly onChosen: (sentence: string) => void;
  readonly onProgress: (event: DeployEvent) => void;
  /** Progress of a program that is built first. */
  readonly onPrepare: OnProgress;
  readonly signal: AbortSignal;
}

export interface Deployment extends DeployReport {
  readonly deployer: 'pulumi' | 'apply';
}

/**
 * Deploys the platform as sandbox.config.ts describes it.
 *
 * @throws SandboxError USAGE_INVALID if the cluster does not allow the choice; what `deploy` and `deployByPulumi` throw
 */
export async function deployTo(
  destination: Destination,
  options: DeployToOptions,
): Promise<Deployment> {
  const { local } = destination;
  const pulumi =
    local === undefined
      ? notByPulumi(options.choice)
      : await pulumiFor(local, destination, options);
  const { onProgress, signal } = options;
  const { buildPlan, loadConfig } = await import('./settings');
  if (pulumi !== undefined && local !== undefined) {
    const { deployByPulumi } = await import('./automation/automation');
    const config = destination.profile(await loadConfig());
    const report = await deployByPulumi({
      cluster: local,
      config,
      programs: pulumi,
      onProgress,
      signal,
    });
    return { deployer: 'pulumi', ...report };
  }
  const { connect } = await import('../kubernetes/client');
  const { deploy } = await import('../deploy/apply');
  const report = await deploy(await buildPlan(destination.profile), {
    api: await connect(destination),
    version: packageJson.version,
    signal,
    onProgress,
  });
  return { deployer: 'apply', ...report };
}

/** The programs that deploy to a local cluster; undefined for apply. */
async function pulumiFor(
  local: LocalCluster,
  destination: Destination,
  { choice, onChosen, onPrepare: onProgress, signal }: DeployToOptions,
): Promise<PulumiPrograms | undefined> {
  const { isDeployedByPulumi } = await import('./automation/state');
  const { resolvePulumi } = await import('../local/toolchain/pulumi');
  const before = isDeployedByPulumi(local)
    ? 'pulumi'
    : (await isDeployedByApply(destination))
      ? 'apply'
      : undefined;
  if (before !== undefined && choice !== 'auto' && choice !== before)
    throw otherDeployer(local.name, before);
  const by = before ?? choice;
  if (by === 'apply') {
    onChosen('deploys by server-side apply');
    return undefined;
  }
  const programs = await resolvePulumi({ build: by === 'pulumi', onProgress, signal });
  onChosen(
    programs === undefined
      ? 'deploys by server-side apply: Pulumi is not installed (--deployer pulumi builds it)'
      : 'deploys by Pulumi',
  );
  return programs;
}

async function isDeployedByApply(destination: Destination): Promise<boolean> {
  const { connect } = await import('../kubernetes/client');
  const { recordedExtent } = await import('../deploy/apply-set');
  return (await recordedExtent(await connect(destination))).kinds.length > 0;
}

/** The state of a Pulumi deployment must not lie in a hidden folder of this computer. */
function notByPulumi(choice: DeployerChoice): undefined {
  if (choice !== 'pulumi') return undefined;
  throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
    {
      path: '--deployer pulumi',
      reason:
        'is for local clusters only: for others, your Pulumi project decides where the state is kept',
      fix: 'run `pulumi up` with a stack whose cluster is "existing" (docs/pulumi.md)',
    },
  ]);
}

function otherDeployer(cluster: string, before: Deployment['deployer']): SandboxError {
  const other = { pulumi: 'Pulumi has', apply: 'server-side apply has' }[before];
  return new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
    {
      path: '--deployer',
      reason: `${other} deployed to the local cluster ${cluster}, and keeps the list of its objects`,
      fix: 'leave it out, or run `secure-ai down` first',
    },
  ]);
}

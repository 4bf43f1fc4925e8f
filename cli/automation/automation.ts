/**
 * Deploys the platform to a local cluster with Pulumi's Automation API: the same resources as `pulumi up`
 * creates, without a Pulumi project. The state lives and dies with the cluster.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { LocalWorkspace, PulumiCommand, type Stack } from '@pulumi/pulumi/automation';
import type { SandboxConfig } from '../../constructs';
import type { DeployEvent, DeployReport } from '../../deploy/apply';
import type { LocalCluster } from '../../local/cluster';
import { withLock } from '../../local/processes/lock';
import { markOf } from '../../local/processes/marked';
import type { PulumiPrograms } from '../../local/toolchain/pulumi';
import packageJson from '../../package.json';
import { SandboxError } from '../../base/errors';
import { deploymentWatch } from './events';
import { pulumiFolder } from './state';
import { deployPlatform } from '../../infra/deploy-platform';

export interface PulumiDeployOptions {
  readonly cluster: LocalCluster;
  /** The platform as it goes to this cluster. */
  readonly config: SandboxConfig;
  readonly programs: PulumiPrograms;
  readonly onProgress?: (event: DeployEvent) => void;
  readonly signal?: AbortSignal;
}

/**
 * Safe to run again: unchanged objects stay untouched, and an interrupted deployment continues.
 *
 * @throws SandboxError DEPLOY_INCOMPLETE with what failed and why; as `SynthesizedChart`
 */
export async function deployByPulumi(options: PulumiDeployOptions): Promise<DeployReport> {
  const { cluster, config, onProgress, signal } = options;
  let failure: Error | undefined;
  let total = 0;
  const program = () => {
    try {
      const kubeconfig = pulumi.secret(cluster.kubeconfig);
      total = deployPlatform(config, { kubeconfig, dependsOn: [] }).objects.size;
    } catch (error) {
      failure = error as Error;
      throw error;
    }
    return Promise.resolve({});
  };
  const watch = deploymentWatch({ total: () => total, onProgress });
  const update = async () => {
    const stack = await selectStack(options, program);
    // This command's own lock excludes other runs, so a lock of Pulumi's is left from a killed run.
    await stack.cancel();
    await stack.up({
      onEvent: (event) => watch.onEvent(event),
      color: 'never',
      suppressOutputs: true,
    });
  };
  try {
    await withLock(`${pulumiFolder(cluster)}.lock`, update, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SandboxError) throw error;
    throw failure ?? watch.failure(error);
  }
  signal?.throwIfAborted();
  return watch.report();
}

async function selectStack(
  { cluster, programs }: PulumiDeployOptions,
  program: () => Promise<object>,
): Promise<Stack> {
  const folder = pulumiFolder(cluster);
  const backend = join(folder, 'backend');
  await mkdir(backend, { recursive: true, mode: 0o700 });
  return LocalWorkspace.createOrSelectStack(
    { stackName: cluster.name, projectName: packageJson.name, program: () => program() },
    {
      workDir: folder,
      pulumiHome: join(folder, 'home'),
      pulumiCommand: await commandIn(folder, programs.pulumi),
      secretsProvider: 'passphrase',
      projectSettings: {
        name: packageJson.name,
        runtime: 'nodejs',
        backend: { url: `file://${backend}` },
      },
      envVars: {
        // A provider outlives a killed engine while its cluster does not answer. With this mark it ends with the cluster.
        ...markOf(cluster.stateDir, 'pulumi'),
        // A user's own value would replace the project's.
        PULUMI_BACKEND_URL: `file://${backend}`,
        PULUMI_IGNORE_AMBIENT_PLUGINS: 'false',
        // An executable on PATH takes precedence over a download.
        PATH: [programs.providerFolder, process.env['PATH']].join(delimiter),
        PULUMI_CONFIG_PASSPHRASE: await passphraseIn(folder),
        PULUMI_SKIP_UPDATE_CHECK: 'true',
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      },
    },
  );
}

/** The Automation API looks for the CLI at `bin/pulumi` of some folder (@pulumi/pulumi automation/cmd.js). */
async function commandIn(folder: string, pulumiPath: string): Promise<PulumiCommand> {
  const bin = join(folder, 'cli', 'bin');
  await mkdir(bin, { recursive: true });
  await rm(join(bin, 'pulumi'), { force: true });
  await symlink(pulumiPath, join(bin, 'pulumi'));
  return PulumiCommand.get({ root: join(folder, 'cli') });
}

/** Created once: it encrypts the secrets in the state. */
async function passphraseIn(folder: string): Promise<string> {
  const file = join(folder, 'passphrase');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  const passphrase = randomBytes(24).toString('base64url');
  await writeFile(file, passphrase, { mode: 0o600 });
  return passphrase;
}

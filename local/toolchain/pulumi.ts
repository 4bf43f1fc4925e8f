/** Pulumi's programs: its CLI, which holds the engine, its provider for Kubernetes, and its language host for Node. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../package.json';
import { VERSIONS } from '../../base/versions';
import { progressOf, type ProgressOptions } from '../progress';
import { cachedBinary, goBinary, type GoProgram } from './binaries';
import { download, type Release } from './download';

const run = promisify(execFile);

export const PULUMI: GoProgram = {
  moduleDir: join(__dirname, 'pulumi'),
  name: 'pulumi',
  package: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
  // Without it the CLI does not know its version (sdk/go/common/version), and the Automation API refuses it.
  ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${VERSIONS.pulumi}`,
};

export const PROVIDER: GoProgram = {
  moduleDir: join(__dirname, 'pulumi-resource-kubernetes'),
  name: 'pulumi-resource-kubernetes',
  package: '.',
};

export const LANGUAGE_HOST: GoProgram = {
  moduleDir: join(__dirname, 'pulumi-language-nodejs'),
  name: 'pulumi-language-nodejs',
  package: 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
};

/** The programs for a deployment through the Automation API; Pulumi programs run in this process, without a language host. */
export interface PulumiPrograms {
  /** Path of the CLI. */
  readonly pulumi: string;
  /**
   * Folder of the provider `pulumi-resource-kubernetes`. An engine uses one on its PATH whatever version its program requests,
   * logs a warning, and searches no further (pulumi v3.248.0, sdk/go/common/workspace/plugins.go, getPluginInfoAndPath).
   */
  readonly providerFolder: string;
}

interface ResolveOptions extends ProgressOptions {
  /** @default the environment of this process */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Pulumi's CLI and provider, each from the first place that has it. The CLI: `$PATH`, if it has the same major version
 * as the SDK and is not older, then the cache. The provider: `$PATH`, then the plugins of `$PULUMI_HOME` (`~/.pulumi`), if it
 * has exactly the version of the SDK, as the engine requires there, then the cache.
 *
 * With `build`, a missing program is created: the CLI is the publisher's release (unless `SECURE_AI_DOWNLOAD=off`) or built from
 * its Go module, the provider is built, which takes minutes the first time.
 *
 * @returns undefined if one of the two is missing and may not be built
 * @throws SandboxError TOOLCHAIN_*, LOCAL_LOCKED, both with `build` only
 */
export async function resolvePulumi(
  options: ResolveOptions & { readonly build: boolean },
): Promise<PulumiPrograms | undefined> {
  const { build, env = process.env } = options;
  const pulumi = (await installedCli(env)) ?? (await cachedBinary(PULUMI));
  const provider = (await installedProvider(env)) ?? (await cachedBinary(PROVIDER));
  if (!build && (pulumi === undefined || provider === undefined)) return undefined;
  return {
    pulumi: pulumi ?? (await make(PULUMI, options, cliRelease())),
    providerFolder: dirname(provider ?? (await make(PROVIDER, options))),
  };
}

/**
 * The language host for Node that `pulumi up` starts, from the cache or built from its Go module. The official CLI includes its
 * own; this one is for a locally built CLI.
 *
 * It is an older version, which reads the `runtime.options` of Pulumi.yaml from flags and not from the engine: `-typescript=false`,
 * `-nodeargs=…`.
 *
 * @throws SandboxError TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function pulumiLanguageHost(options: ProgressOptions = {}): Promise<string> {
  return make(LANGUAGE_HOST, options);
}

async function installedCli(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const path of await onPath('pulumi', env)) if (await fits(path)) return path;
  return undefined;
}

async function installedProvider(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const [ambient] = await onPath(PROVIDER.name, env);
  if (ambient !== undefined) return ambient;
  const home = env.PULUMI_HOME || join(homedir(), '.pulumi');
  const version = packageJson.dependencies['@pulumi/kubernetes'];
  const plugin = join(home, 'plugins', `resource-kubernetes-v${version}`, PROVIDER.name);
  return (await isExecutable(plugin)) ? plugin : undefined;
}

/** Whether the SDK supports the CLI at `path`. One that does not answer in 5 s is not supported. */
async function fits(path: string): Promise<boolean> {
  const { stdout } = await run(path, ['version'], {
    timeout: 5_000,
    killSignal: 'SIGKILL',
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' },
  }).catch(() => ({ stdout: '' }));
  const found = numbersOf(stdout);
  const wanted = numbersOf(VERSIONS.pulumi);
  if (found === undefined || wanted === undefined || found[0] !== wanted[0]) return false;
  return found[1] > wanted[1] || (found[1] === wanted[1] && found[2] >= wanted[2]);
}

function numbersOf(version: string): [number, number, number] | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)(?![\w.])/.exec(version.trim()) ?? [];
  return patch === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const found: string[] = [];
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && (await isExecutable(path))) found.push(path);
  }
  return found;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function make(
  program: GoProgram,
  { onProgress, signal }: ProgressOptions,
  release?: Release,
): Promise<string> {
  const report = progressOf('toolchain', onProgress);
  const { name } = program;
  report(`prepare ${name}`);
  return goBinary(program, {
    signal,
    fetch: async (target) => {
      if (release === undefined || process.env.SECURE_AI_DOWNLOAD === 'off') return false;
      report(`download ${name}`);
      return download(release, target, signal);
    },
    onWait: (pid) => report(`wait for process ${pid}, which builds ${name}`),
    onPackage: (done, total) => report(`build ${name}`, { done, total }),
  });
}

/** Named as github.com/pulumi/pulumi, .github/workflows/ci-prepare-release.yml names them. */
function cliRelease(): Release | undefined {
  const system = { linux: 'linux', darwin: 'darwin' }[process.platform as string];
  const architecture = { x64: 'x64', arm64: 'arm64' }[process.arch as string];
  if (system === undefined || architecture === undefined) return undefined;
  const base = `https://github.com/pulumi/pulumi/releases/download/${VERSIONS.pulumi}`;
  return {
    url: `${base}/pulumi-${VERSIONS.pulumi}-${system}-${architecture}.tar.gz`,
    checksumUrl: `${base}/pulumi-${VERSIONS.pulumi.slice(1)}-checksums.txt`,
    algorithm: 'sha256',
    archiveMember: 'pulumi/pulumi',
  };
}

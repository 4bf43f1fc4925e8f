/** Finds programs of the right version in KUBEBUILDER_ASSETS and on PATH. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Tool } from './tools';

const run = promisify(execFile);

/**
 * Path of an installed program of exactly the pinned version: in `$KUBEBUILDER_ASSETS` (the folder `setup-envtest` of
 * controller-runtime fills), then on `$PATH`. A program of another version, or one that does not answer in 5 s, is ignored.
 */
export async function findInstalled(
  tool: Tool,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  if (tool.versionArgs === undefined) return undefined;
  const folders = [env.KUBEBUILDER_ASSETS, ...(env.PATH ?? '').split(delimiter)];
  for (const folder of folders) {
    if (!folder) continue;
    const path = join(folder, tool.name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && (await printsVersion(path, tool.versionArgs, tool.version))) return path;
  }
  return undefined;
}

async function printsVersion(
  path: string,
  args: readonly string[],
  version: string,
): Promise<boolean> {
  const { stdout } = await run(path, args, { timeout: 5_000, killSignal: 'SIGKILL' }).catch(() => ({
    stdout: '',
  }));
  const wanted = version.replace(/^v/, '');
  return stdout.split(/[\s,]+/).some((word) => word.replace(/^v/, '') === wanted);
}

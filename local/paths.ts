/** Paths of the cache and of the state of local clusters. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SandboxError } from '../base/errors';
import { LOCAL_ERRORS } from './errors';

/**
 * Folder of all local files: built binaries and the state of running clusters.
 * `$SECURE_AI_CACHE`, else `$XDG_CACHE_HOME/secure-ai-sandbox`, else `~/.cache/secure-ai-sandbox`.
 * A relative `XDG_CACHE_HOME` is ignored, as the XDG Base Directory Specification 0.8 requires.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SECURE_AI_CACHE) return resolve(env.SECURE_AI_CACHE);
  const xdg = env.XDG_CACHE_HOME;
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
  return join(base, 'secure-ai-sandbox');
}

/** Folder with the state of the cluster called `name`. @throws SandboxError CLUSTER_NAME_INVALID */
export function clusterStateDir(name: string): string {
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    throw new SandboxError(LOCAL_ERRORS.CLUSTER_NAME_INVALID, [
      {
        path: `cluster ${JSON.stringify(name)}`,
        reason: 'a cluster name consists of 1 to 40 lower-case letters, digits and inner dashes',
        fix: 'choose a valid name, for example secure-ai',
      },
    ]);
  }
  return join(cacheRoot(), 'clusters', name);
}

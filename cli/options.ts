/** The options and the session of every verb. */
import { SHARED_ERRORS, SandboxError } from '../base/errors';

export interface GlobalOptions {
  /** Machine-readable result on stdout instead of text. */
  readonly json?: boolean;
  /** Name of a local cluster. */
  readonly cluster?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Where a verb writes, and the signal that stops it. */
export interface Session {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
  /** For progress; results go to stdout. */
  readonly stderr: NodeJS.WriteStream;
}

/** The cluster to work on: a local one by name, or that of a kubeconfig. */
export type Target =
  | { readonly type: 'local'; readonly name: string }
  | { readonly type: 'kubeconfig'; readonly kubeconfig?: string; readonly context?: string };

/** Name of the local cluster if none is given. */
export const DEFAULT_CLUSTER = 'secure-ai';

/**
 * A kubeconfig is used only if one of its two options is given, so no command reaches a cluster that the user did not name.
 *
 * @throws SandboxError USAGE_INVALID when both kinds of cluster are named
 */
export function targetOf({ cluster, kubeconfig, context }: GlobalOptions): Target {
  if (kubeconfig === undefined && context === undefined)
    return { type: 'local', name: cluster ?? DEFAULT_CLUSTER };
  if (cluster !== undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: '--cluster',
        reason: 'names a local cluster, while --kubeconfig and --context name another one',
        fix: 'pass either --cluster, or --kubeconfig and --context',
      },
    ]);
  }
  return {
    type: 'kubeconfig',
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
}

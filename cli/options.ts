/** The options and the session that every verb has. */
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

/** Which cluster is meant: a local one by name, or one that a kubeconfig leads to. */
export type Target =
  | { readonly type: 'local'; readonly name: string }
  | { readonly type: 'kubeconfig'; readonly kubeconfig?: string; readonly context?: string };

/** Name of the local cluster where none is given. */
export const DEFAULT_CLUSTER = 'secure-ai';

/**
 * A kubeconfig is used only when one of its two options is given: no command reaches a cluster that was not named.
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
        fix: 'give either --cluster, or --kubeconfig and --context',
      },
    ]);
  }
  return {
    type: 'kubeconfig',
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
}

/** Which cluster a command works on: the kubeconfig and its context. */
import type { KubeConfig } from '@kubernetes/client-node';
import { SandboxError } from '../base/errors';
import { KUBERNETES_ERRORS } from './errors';

export interface ConnectOptions {
  /** Path of a kubeconfig. @default $KUBECONFIG, then ~/.kube/config, as kubectl does */
  readonly kubeconfig?: string;
  /** Context in it. @default its current context */
  readonly context?: string;
}

/** A kubeconfig whose current context is the chosen one. */
export interface LoadedKubeConfig {
  readonly config: KubeConfig;
  /** Base URL of the cluster's API server. */
  readonly server: string;
}

/** @throws SandboxError KUBECONFIG_INVALID when it names no usable cluster */
export async function loadKubeConfig(options: ConnectOptions = {}): Promise<LoadedKubeConfig> {
  // Loaded here because it costs 0.4 s, which verbs that need no cluster should not pay.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const { kubeconfig, context } = options;
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw invalid({ kubeconfig: kubeconfig ?? '$KUBECONFIG' }, (error as Error).message);
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw invalid(
        { context },
        `context ${JSON.stringify(context)} does not exist; existing contexts: ${known.join(', ') || 'none'}`,
      );
    }
    config.setCurrentContext(context);
  }
  const server = config.getCurrentCluster()?.server;
  // Without any kubeconfig the library falls back to http://localhost:8080, which no current API server serves.
  if (server === undefined || !server.startsWith('https:')) {
    throw invalid(options, 'its current context names no cluster with an https server');
  }
  return { config, server };
}

function invalid({ kubeconfig, context }: ConnectOptions, reason: string): SandboxError {
  return new SandboxError(KUBERNETES_ERRORS.KUBECONFIG_INVALID, [
    {
      path: kubeconfig ?? (context === undefined ? 'kubeconfig' : `--context ${context}`),
      reason,
      fix: 'name a readable kubeconfig with --kubeconfig and one of its contexts with --context',
    },
  ]);
}

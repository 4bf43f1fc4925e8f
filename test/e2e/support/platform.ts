/** The cluster the main job brought up, for the tests of one file. */
import { connect } from '../../../kubernetes/client';
import type { KubernetesApi } from '../../../kubernetes/api';
import type { RuntimePolicy } from '../../../policy/model/runtime-policy';
import config from '../../../sandbox.config';
import { connectApiServer, type ApiServer } from '../../fixtures/api-server';
import { FAILURE_VARIABLE, KUBECONFIG_VARIABLE } from './environment';

export interface Platform {
  readonly kubeconfig: string;
  /** Objects, as the product itself reads and applies them. */
  readonly api: KubernetesApi;
  /** Answers, refusals too. */
  readonly server: ApiServer;
  /** Of sandbox.config.ts, which the cluster follows. */
  readonly policy: RuntimePolicy;
  close(): void;
}

/** @throws Error with the reason where the main job failed, so that every test that needs it fails */
export async function connectPlatform(): Promise<Platform> {
  const kubeconfig = process.env[KUBECONFIG_VARIABLE];
  if (kubeconfig === undefined)
    throw new Error(process.env[FAILURE_VARIABLE] ?? 'the setup of the e2e project has not run');
  const server = await connectApiServer(kubeconfig);
  const { policy } = config;
  return {
    kubeconfig,
    api: await connect({ kubeconfig }),
    server,
    policy,
    close: () => server.close(),
  };
}

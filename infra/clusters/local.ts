/** The local cluster, which `secure-ai up --cluster-only` starts and `secure-ai down` ends. */
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { findCluster, type LocalCluster } from '../../local/cluster';
import { profileOf } from './local-settings';
import { SandboxError } from '../../base/errors';
import { KUBERNETES_ERRORS } from '../../kubernetes/errors';
import type { ClusterKind } from './cluster';

const schema = z.strictObject({});

export const local: ClusterKind<z.output<typeof schema>> = {
  schema,
  problems: () => [],
  adapt: async (name, sandbox) => (await profileOf(await running(name)))(sandbox),
  create: async (name) => {
    const { kubeconfig } = await running(name);
    return { kubeconfig: pulumi.secret(kubeconfig), dependsOn: [] };
  },
};

/** A preview must not start anything, so the cluster must be running. @throws SandboxError CLUSTER_UNREACHABLE */
async function running(name: string): Promise<LocalCluster> {
  const cluster = await findCluster(name);
  if (cluster !== undefined) return cluster;
  throw new SandboxError(KUBERNETES_ERRORS.CLUSTER_UNREACHABLE, [
    {
      path: 'name',
      reason: `no local cluster "${name}" is running`,
      fix: `start it with "npx secure-ai up --cluster-only --cluster ${name}"`,
    },
  ]);
}

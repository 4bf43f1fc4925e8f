/** Variables by which the setup of the e2e project tells the tests how the main job went. */

/** Name of the cluster. Set by hand before the run: that cluster is brought up to date, used and left running, for the inner loop. */
export const CLUSTER_VARIABLE = 'SECURE_AI_E2E_CLUSTER';

/** Path of the cluster's kubeconfig, where it went well. */
export const KUBECONFIG_VARIABLE = 'SECURE_AI_E2E_KUBECONFIG';

/** What went wrong, where it did not. */
export const FAILURE_VARIABLE = 'SECURE_AI_E2E_FAILURE';

/** Name of the local cluster of a run of the tests. */
export function clusterOf(pid: number): string {
  return `e2e-${pid}`;
}

/** The cluster that a person wants to keep, or undefined where the run makes one of its own and takes it down again. */
export function keptCluster(): string | undefined {
  const name = process.env[CLUSTER_VARIABLE];
  return name === undefined || name === '' || name === clusterOf(process.pid) ? undefined : name;
}

/** Process id of the run a cluster belongs to; undefined for clusters of others. */
export function runOf(cluster: string): number | undefined {
  const pid = /^e2e-(\d+)$/.exec(cluster)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

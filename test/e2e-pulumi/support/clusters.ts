/** Local clusters of this project: each test file has its own, and none outlives the run that made it. */

/** Name of the local cluster of this run. */
export function ownCluster(suffix = ''): string {
  return `e2e-pulumi-${process.pid}${suffix}`;
}

/** Process id of the run a cluster belongs to; undefined for clusters of others. */
export function runOf(cluster: string): number | undefined {
  const pid = /^e2e-pulumi-(\d+)(-|$)/.exec(cluster)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

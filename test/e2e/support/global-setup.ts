/**
 * Setup of the e2e project: the main job itself, on a cluster that belongs to this run. Jest calls it once, and only when
 * tests of the project are going to run.
 *
 * A main job that fails does not end the run: other projects still have their say, and every e2e test fails with the reason.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stopCluster } from '../../../local/cluster';
import { endOrphans } from '../../support/orphans';
import { ROOT } from './command';
import {
  CLUSTER_VARIABLE,
  clusterOf,
  FAILURE_VARIABLE,
  keptCluster,
  KUBECONFIG_VARIABLE,
  runOf,
} from './environment';
import { up } from './main-job';

/** With a cold cache the main job builds Kubernetes. */
const UP_TIMEOUT_MILLISECONDS = 3_600_000;

export default async function setup(): Promise<void> {
  const kept = keptCluster();
  const cluster = kept ?? clusterOf(process.pid);
  if (kept === undefined) takeDownWhenInterrupted(cluster);
  await endOrphans(runOf);
  process.stderr.write(`\ne2e: secure-ai up --cluster ${cluster} --nodes 0\n`);
  try {
    const { kubeconfig } = await up({
      cluster,
      nodes: 0,
      timeoutMilliseconds: UP_TIMEOUT_MILLISECONDS,
    });
    process.env[CLUSTER_VARIABLE] = cluster;
    process.env[KUBECONFIG_VARIABLE] = kubeconfig;
  } catch (error) {
    process.env[FAILURE_VARIABLE] = (error as Error).message;
    if (kept === undefined) await stopCluster(cluster);
  }
}

function takeDownWhenInterrupted(cluster: string): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      spawnSync(process.execPath, [join(ROOT, 'cli', 'bin.js'), 'down', '--cluster', cluster]);
      process.kill(process.pid, signal);
    });
  }
}

/** Local clusters of this project: each test file has its own, and none outlives the run that made it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stopCluster } from '../../../local/cluster';
import { cacheRoot } from '../../../local/paths';

const NAME = /^e2e-pulumi-(\d+)(-|$)/;

/** Name of the local cluster of this run. */
export function ownCluster(suffix = ''): string {
  return `e2e-pulumi-${process.pid}${suffix}`;
}

/** Ends the clusters of runs that were killed. */
export async function endOrphans(): Promise<void> {
  const clusters = await readdir(join(cacheRoot(), 'clusters')).catch(() => []);
  for (const name of clusters) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await stopCluster(name);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

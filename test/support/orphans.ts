import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stopCluster } from '../../local/cluster';
import { cacheRoot } from '../../local/paths';

/**
 * Ends the local clusters of test runs that were killed.
 *
 * @param runOf process id of the run a cluster belongs to; undefined for clusters of others
 */
export async function endOrphans(runOf: (cluster: string) => number | undefined): Promise<void> {
  const clusters = await readdir(join(cacheRoot(), 'clusters')).catch(() => []);
  for (const name of clusters) {
    const pid = runOf(name);
    if (pid !== undefined && !isAlive(pid)) await stopCluster(name);
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

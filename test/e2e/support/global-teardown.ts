/** Teardown of the e2e project: `secure-ai down`, and proof that it left nothing. */
import { existsSync } from 'node:fs';
import { clusterStateDir } from '../../../local/paths';
import { markedProcesses } from '../../../local/processes/marked';
import { clusterOf, keptCluster } from './environment';
import { down } from './main-job';

export default async function teardown(): Promise<void> {
  if (keptCluster() !== undefined) return;
  const cluster = clusterOf(process.pid);
  await down(cluster);
  const stateDir = clusterStateDir(cluster);
  const left = (await markedProcesses(stateDir)).map(({ pid, role }) => `process ${pid} (${role})`);
  if (existsSync(stateDir)) left.push(stateDir);
  if (left.length > 0) throw new Error(`secure-ai down left ${left.join(', ')}`);
}

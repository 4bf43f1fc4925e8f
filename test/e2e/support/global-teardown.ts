/** Teardown of the e2e project: `secure-ai down`, and proof that it left nothing. */
import { existsSync } from 'node:fs';
import { clusterStateDir } from '../../../local/paths';
import { markedProcesses } from '../../../local/processes/marked';
import { secureAi } from './command';
import { clusterOf } from './environment';

export default async function teardown(): Promise<void> {
  const cluster = clusterOf(process.pid);
  const { status, stderr } = await secureAi(['down', '--cluster', cluster]);
  if (status !== 0) throw new Error(`secure-ai down ended with exit code ${status}:\n${stderr}`);
  const stateDir = clusterStateDir(cluster);
  const left = (await markedProcesses(stateDir)).map(({ pid, role }) => `process ${pid} (${role})`);
  if (existsSync(stateDir)) left.push(stateDir);
  if (left.length > 0) throw new Error(`secure-ai down left ${left.join(', ')}`);
}

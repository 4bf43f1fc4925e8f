/** The supervisor's own process: `host-kubelet.ts <config file>`. Started by `startHostPods`, ended by SIGTERM. */
import { readFileSync, rmSync } from 'node:fs';
import { supervise, type SupervisorConfig } from './supervisor';

const configFile = process.argv[2] ?? '';
const config = JSON.parse(readFileSync(configFile, 'utf8')) as SupervisorConfig;
const stop = new AbortController();
process.once('SIGTERM', () => {
  // Without it the supervisor counts as not running.
  rmSync(configFile, { force: true });
  stop.abort();
});
void supervise(config, stop.signal).then(() => process.exit(0));

/** Where the state of `automation.ts` is. A separate file, so that reading the state does not load Pulumi. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCluster } from '../../local/cluster';

export function pulumiFolder({ stateDir }: LocalCluster): string {
  return join(stateDir, 'pulumi');
}

/** Whether Pulumi has deployed, or tried to deploy, to this cluster. If so, only its state lists the deployed objects. */
export function isDeployedByPulumi(cluster: LocalCluster): boolean {
  return existsSync(pulumiFolder(cluster));
}

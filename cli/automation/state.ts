/** Where the state of `automation.ts` is. Apart, because whoever only asks for it need not load Pulumi. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCluster } from '../../local/cluster';

export function pulumiFolder({ stateDir }: LocalCluster): string {
  return join(stateDir, 'pulumi');
}

/** Whether Pulumi has deployed, or tried to deploy, to this cluster: then it alone knows what is there. */
export function isDeployedByPulumi(cluster: LocalCluster): boolean {
  return existsSync(pulumiFolder(cluster));
}

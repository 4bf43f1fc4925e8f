/** Where the programs of the platform's pods listen that run as processes: each logs its ports when it starts. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Ports of the process that runs the pod now. @throws Error where its log does not have both */
export async function listeningPorts(
  stateDir: string,
  pod: string,
): Promise<{ readonly health: number; readonly metrics: number }> {
  const folder = join(stateDir, 'logs');
  const file = (await readdir(folder)).find((name) => name.includes(`_${pod}_`));
  const lines = (await readFile(join(folder, file ?? ''), 'utf8')).split('\n');
  const port = (msg: string): number => {
    const line = lines.findLast((text) => text.includes(`"msg":"${msg}"`));
    if (line === undefined) throw new Error(`${pod} has not logged "${msg}"`);
    return (JSON.parse(line) as { port: number }).port;
  };
  return { health: port('health listening'), metrics: port('metrics listening') };
}

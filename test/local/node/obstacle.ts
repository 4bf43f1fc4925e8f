import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { nodeSupport } from '../../../local/node/support';
import { cacheRoot } from '../../../local/paths';
import { useScratchCache, type Scratch } from '../scratch';

const ROOT = join(__dirname, '..', '..', '..');

/** Why real nodes cannot be tested here; undefined where they can. Fetches the packages a node needs, once. */
export function nodeObstacle(): string | undefined {
  const support = nodeSupport();
  if (!support.supported) return support.reasons.join('; ');
  const statement = `require('./local/node/packages').systemPrograms({ report: () => {} }).catch((e) => { console.error(e.message); process.exit(1); })`;
  const { status, stderr } = runScript(statement);
  return status === 0 ? undefined : stderr.trim();
}

/** A cache of its own that shares with the real one what took long to get. */
export function useNodeCache(): Scratch {
  const shared = ['packages', 'images'].map((name) => [name, join(cacheRoot(), name)] as const);
  const scratch = useScratchCache();
  for (const [name, path] of shared) {
    if (existsSync(path)) symlinkSync(path, join(scratch.folder, name));
  }
  return scratch;
}

/** Arguments for a Node.js that runs `statement` at the root of this project. */
export function scriptArguments(statement: string): string[] {
  return ['-r', require.resolve('ts-node/register'), '-e', statement];
}

export const SCRIPT_OPTIONS = {
  cwd: ROOT,
  env: { ...process.env, TS_NODE_PROJECT: join(ROOT, 'tsconfig.json') },
};

function runScript(statement: string) {
  return spawnSync(process.execPath, scriptArguments(statement), {
    ...SCRIPT_OPTIONS,
    encoding: 'utf8',
    timeout: 300_000,
  });
}

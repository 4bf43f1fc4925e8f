/** What the tests of this folder share: a cache of their own, with the programs of the real one. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from '../../local/paths';
import { waitFor } from '../../base/wait-until';

export interface Scratch {
  readonly folder: string;
  remove(): void;
}

export function makeScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'secure-ai-test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Points the cache at a scratch folder until `remove`; programs already built are seen, clusters of the user are not. */
export function useScratchCache(): Scratch {
  const programs = join(cacheRoot(), 'bin');
  const before = process.env.SECURE_AI_CACHE;
  const scratch = makeScratch();
  mkdirSync(programs, { recursive: true });
  symlinkSync(programs, join(scratch.folder, 'bin'));
  process.env.SECURE_AI_CACHE = scratch.folder;
  return {
    folder: scratch.folder,
    remove: () => {
      if (before === undefined) delete process.env.SECURE_AI_CACHE;
      else process.env.SECURE_AI_CACHE = before;
      scratch.remove();
    },
  };
}

/** Waits until `condition` gives something; fails the test, saying what was waited for, when it never does. */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | Promise<T | undefined>,
  timeoutMilliseconds = 60_000,
): Promise<T> {
  const value = await waitFor(condition, { timeoutMilliseconds });
  if (value === undefined) throw new Error(`never happened: ${what}`);
  return value;
}

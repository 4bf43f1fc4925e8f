/**
 * What the two containers tell each other, as files in a directory they share: the one with the host's file system and no token says
 * what it did, the one with a token and no host says whether to uninstall.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Written by the installer after every pass. */
export interface InstallStatus {
  /** Whether the running containerd has our handler, of this or an earlier installation. */
  readonly live: boolean;
  /** Why the last pass failed, as printed, or undefined where it did not. */
  readonly problem?: string;
}

/** Written by the labeller when the pod is told to end. */
export interface Farewell {
  readonly action: 'uninstall' | 'keep';
}

const STATUS = 'status.json';
const FAREWELL = 'farewell.json';

export const writeStatus = (directory: string, status: InstallStatus): Promise<void> =>
  write(join(directory, STATUS), status);

/** Undefined while no pass has ended since the pod started. */
export async function readStatus(directory: string): Promise<InstallStatus | undefined> {
  const found = await read(join(directory, STATUS));
  return typeof found?.['live'] === 'boolean' ? { live: found['live'] } : undefined;
}

export const writeFarewell = (directory: string, farewell: Farewell): Promise<void> =>
  write(join(directory, FAREWELL), farewell);

export async function readFarewell(directory: string): Promise<Farewell | undefined> {
  const action = (await read(join(directory, FAREWELL)))?.['action'];
  return action === 'uninstall' || action === 'keep' ? { action } : undefined;
}

async function write(path: string, value: object): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, JSON.stringify(value));
  await rename(draft, path);
}

async function read(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

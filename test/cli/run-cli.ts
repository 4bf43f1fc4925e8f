/** Runs the command line as a user does: a process of its own, from another folder. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BIN = join(__dirname, '..', '..', 'cli', 'bin.js');

export interface CliResult {
  /** Exit code; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliInput {
  /** Standard input. @default none */
  readonly input?: string;
  /** On top of the environment of the tests. */
  readonly env?: NodeJS.ProcessEnv;
}

export function runCli(args: readonly string[], given?: CliInput): Promise<CliResult> {
  return runNode([BIN, ...args], given);
}

export async function runNode(
  args: readonly string[],
  { input = '', env = {} }: CliInput = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, args, {
    cwd: tmpdir(),
    // Node.js warns where both are set, and these tests read what is written.
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1', ...env },
    timeout: 60_000,
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [status, stdout, stderr] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}

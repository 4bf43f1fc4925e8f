/** Runs programs as a user does: processes of their own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const ROOT = join(__dirname, '..', '..', '..');

export interface CommandResult {
  /** Exit code; null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  /** Empty where it went to our own. */
  readonly stderr: string;
}

export interface CommandOptions {
  /** On top of ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** `show` lets a person who waits read along. @default 'keep' */
  readonly stderr?: 'keep' | 'show';
  /** After this the command is killed. @default 10 min */
  readonly timeoutMilliseconds?: number;
}

async function runCommand(
  file: string,
  args: readonly string[],
  { env = {}, stderr = 'keep', timeoutMilliseconds = 600_000 }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', stderr === 'show' ? 'inherit' : 'pipe'],
    timeout: timeoutMilliseconds,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [out, err] = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''));
  const [status, stdout = '', errors = ''] = await Promise.all([ended, out, err]);
  return { status, stdout, stderr: errors };
}

/** `secure-ai` with these arguments. */
export function secureAi(
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  return runCommand(process.execPath, [join(ROOT, 'cli', 'bin.js'), ...args], options);
}

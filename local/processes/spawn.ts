/** Starts marked processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { markOf } from './marked';

export interface Command {
  /** Unique in its cluster. */
  readonly role: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the process, except its mark: it inherits nothing from this process. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
}

export interface OwnProgram extends Pick<Command, 'role' | 'args' | 'logFile'> {
  /** Path of its main file. */
  readonly main: string;
}

/** Starts a marked process in its own session, so that neither the end of this process nor Ctrl-C in its terminal ends it. */
export async function spawnMarked(stateDir: string, command: Command): Promise<ChildProcess> {
  await mkdir(dirname(command.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(command.logFile, 'a', 0o600);
  try {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...command.env, ...markOf(stateDir, command.role) },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Starts a program of this project, written in TypeScript, as `spawnMarked` does. */
export async function spawnOwn(
  stateDir: string,
  { role, main, args, logFile }: OwnProgram,
): Promise<ChildProcess> {
  return spawnMarked(stateDir, {
    role,
    file: process.execPath,
    args: ['-r', require.resolve('ts-node/register'), main, ...args],
    env: {
      PATH: process.env.PATH ?? '',
      TS_NODE_PROJECT: join(__dirname, '..', '..', 'tsconfig.json'),
    },
    cwd: stateDir,
    logFile,
  });
}

/** The last `lines` lines of a file, read from its last 16 KiB only; empty if the file does not exist. */
export async function tailOf(path: string, lines: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 16 << 10);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await file.close();
  }
}

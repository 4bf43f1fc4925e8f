/** One run of the CLI, with what the engine tells meanwhile. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { readEngineLog, type EngineLog } from './engine-log';

/** Far beyond what any command takes on an idle computer. */
const TIMEOUT_MILLISECONDS = 240_000;

export interface PulumiResult {
  /** Exit code; null when a signal ended it. */
  readonly status: number | null;
  /** Everything it printed. */
  readonly output: string;
  readonly log: EngineLog;
}

export interface PulumiRun {
  /** What the engine has told so far. @throws Error with what it printed where it has failed */
  log(): EngineLog;
  /** Sends a signal to the CLI, as a terminal or a supervisor does. */
  kill(signal: 'SIGINT' | 'SIGKILL'): void;
  readonly ended: Promise<PulumiResult>;
}

interface PulumiCommand {
  /** Path of the CLI. */
  readonly pulumi: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** File for the events of a command that has any. */
  readonly logFile: string;
}

/** The commands that let the engine work. */
const OPERATIONS: readonly (string | undefined)[] = ['preview', 'up', 'refresh', 'destroy'];

export function startPulumi({ pulumi, args, folder, env, logFile }: PulumiCommand): PulumiRun {
  const logged = OPERATIONS.includes(args[0]) ? ['--event-log', logFile] : [];
  const child = spawn(pulumi, [...args, '--non-interactive', '--color', 'never', ...logged], {
    cwd: folder,
    // The log of events is a flag for programs, as the Automation API is one.
    env: { ...env, PULUMI_DEBUG_COMMANDS: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  const status = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  let failure: Error | undefined;
  const ended = Promise.all([status, text(child.stdout), text(child.stderr)]).then(
    ([code, out, err]) => {
      const output = `${out}${err}`;
      if (code !== 0) failure = new Error(`pulumi ${args.join(' ')} failed:\n${output}`);
      return { status: code, output, log: readEngineLog(logFile) };
    },
  );
  const log = () => {
    if (failure !== undefined) throw failure;
    return readEngineLog(logFile);
  };
  return { log, kill: (signal) => void child.kill(signal), ended };
}

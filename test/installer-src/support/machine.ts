/** A host with a container runtime that its supervisor starts again, and the real installer as a process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentOf, newDirectory, newHost, type HostFiles } from './hosts';
import type { FakeContainerd } from './containerd-main';

export interface Programs {
  /** File of the bundled installer. */
  readonly installer: string;
  /** File of support/containerd-main.ts. */
  readonly containerd: string;
}

export interface Runtime {
  readonly name?: string;
  readonly version?: string;
  /** How often it is started again. */
  readonly restarts?: number;
  /** Configuration it reads instead of its own. */
  readonly config?: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard error. */
  readonly printed: string;
}

export interface Machine {
  readonly root: string;
  content(): Record<string, string>;
  /** Starts since the machine was made. */
  readonly starts: number;
  /** Runs the installer to its end. `around` is a shell command line with `"$@"` for the installer. */
  run(args: readonly string[], around?: string): Promise<Outcome>;
  /** Starts the installer. */
  start(args: readonly string[]): ChildProcess;
  /** Runs runsc of the current installation, which has to be sleep(1). */
  sandbox(): void;
  endSandboxes(): Promise<void>;
  close(): Promise<void>;
}

const DEADLINE_MS = 20_000;

/** @param runtime undefined: none is running */
export async function newMachine(
  programs: Programs,
  files: HostFiles,
  runtime: Runtime | undefined,
): Promise<Machine> {
  const root = newHost(files);
  const supervised = runtime && supervise(programs.containerd, root, runtime);
  await supervised?.ready();
  const command = (args: readonly string[]) => [
    programs.installer,
    ...args,
    `--host-root=${root}`,
    ...(args.some((arg) => arg.startsWith('--restart-seconds=')) ? [] : ['--restart-seconds=10']),
  ];
  const started: ChildProcess[] = [];
  const sandboxes: ChildProcess[] = [];
  const endSandboxes = async () => {
    for (const sandbox of sandboxes.splice(0)) await kill(sandbox);
  };
  return {
    root,
    content: () => contentOf(root),
    get starts() {
      return supervised?.starts() ?? 0;
    },
    async run(args, around) {
      const all = [process.execPath, ...command(args)];
      const [program = '', ...rest] =
        around === undefined ? all : ['sh', '-ec', around, 'sh', ...all];
      const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
      started.push(child);
      let printed = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      return { code, signal, printed };
    },
    start(args) {
      const child = spawn(process.execPath, command(args), { stdio: 'ignore' });
      started.push(child);
      return child;
    },
    sandbox() {
      // The directory itself, as containerd is told: the link will be another one's.
      const runsc = realpathSync(join(root, 'opt/secure-ai/gvisor/current/runsc'));
      sandboxes.push(spawn(runsc, ['1000'], { stdio: 'ignore' }));
    },
    endSandboxes,
    async close() {
      for (const child of started) await kill(child);
      await endSandboxes();
      await supervised?.stop();
    },
  };
}

function supervise(program: string, root: string, runtime: Runtime) {
  const { name = 'containerd', version = 'v2.3.7', restarts = Infinity } = runtime;
  const { config = '/etc/containerd/config.toml' } = runtime;
  const ready = join(newDirectory(), 'ready');
  let child: ChildProcess;
  let starts = 0;
  let stopping = false;
  const start = () => {
    starts += 1;
    rmSync(ready, { force: true });
    const options: FakeContainerd = { root, name, version, ready, config };
    child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: 'inherit' });
    child.once('exit', () => {
      if (!stopping && starts <= restarts) start();
    });
  };
  start();
  return {
    starts: () => starts,
    ready: () => until(() => existsSync(ready)),
    async stop() {
      stopping = true;
      await kill(child);
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Resolves when `condition` holds. @throws Error after a deadline */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come to hold');
    await sleep(20);
  }
}

/** What every program does around its work: flags and help, usage errors, unexpected errors, signals, ports. */
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import type { Registry } from 'prom-client';
import { SandboxError } from '../base/errors';
import { helpOf, readFlags, type FlagTable, type Flags } from './flags';
import type { SERVER_FLAGS } from './shared-flags';
import { createHealthServer, createMetricsServer, type Unready } from './telemetry/health';
import type { Log } from './telemetry/log';

/** What a command line starts: `--help` prints the help, anything else is read as flags. */
export interface Command {
  readonly help: string;
  run(argv: readonly string[]): Promise<void>;
}

export interface CommandProps<Table extends FlagTable> {
  /** How the command line starts, such as `node webhook.js`. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  readonly flags: Table;
  readonly run: (flags: Flags<Table>) => Promise<void>;
}

/** `run` rejects with SandboxError `USAGE_INVALID` if the flags are invalid. */
export function command<const Table extends FlagTable>(props: CommandProps<Table>): Command {
  const help = `Usage: ${props.usage} [flags]\n\n${props.summary}\n\n${helpOf(props.flags)}`;
  return {
    help,
    async run(argv) {
      if (argv.includes('--help')) process.stdout.write(help);
      else await props.run(readFlags(props.flags, argv));
    },
  };
}

/**
 * Runs a program to its end and exits: 0, or the code of a `SandboxError` with its problems on standard error, or 1.
 * An uncaught error is a fault of the program and leaves its state unknown. The program logs it and exits, so that the
 * kubelet starts a new one. Errors of a single request or pass never reach this.
 */
export function runProgram(log: Log, program: () => Promise<void>): void {
  const crash = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  program().then(
    () => process.exit(0),
    (error: unknown) => {
      if (!(error instanceof SandboxError)) return crash(error);
      process.stderr.write(`${error.message}\n`);
      process.exit(error.exitCode);
    },
  );
}

/** Resolves with the name of the first SIGTERM or SIGINT. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

/** Serves health and metrics on their ports, and logs both. */
export async function serveTelemetry(
  log: Log,
  flags: Flags<typeof SERVER_FLAGS>,
  { unready, metrics }: { readonly unready: () => Unready; readonly metrics: Registry },
): Promise<void> {
  const address = flags['bind-address'];
  const healthPort = await listen(createHealthServer(unready), flags['health-port'], address);
  log.info({ port: healthPort }, 'health listening');
  const metricsPort = await listen(createMetricsServer(metrics), flags['metrics-port'], address);
  log.info({ port: metricsPort }, 'metrics listening');
}

/** Listens and resolves with the port, which the system chooses where `port` is 0. Rejects if it is not available. */
export function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const options: ListenOptions = host === undefined ? { port } : { port, host };
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

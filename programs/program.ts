/** What the programs do around their work: usage errors, errors nobody expected, signals, sockets. */
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { SandboxError } from '../base/errors';
import type { Log } from './telemetry/log';

/**
 * Runs a program to its end and exits: 0, or the code of a `SandboxError` with its problems on standard error, or 1.
 * An error that escapes everything is a fault of the program itself, whose state nobody can vouch for: it is logged and the process
 * ends, so that the kubelet starts a sound one. Errors of a single request or pass never come here.
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

/** Listens and resolves with the port, which the system chose where the one asked for is 0. Rejects where it cannot be had. */
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

/** The verbs `install` and `uninstall`, which change the host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SandboxError } from '../../base/errors';
import { waitFor } from '../../base/wait-until';
import type { Flags } from '../../programs/flags';
import { stopSignal } from '../../programs/program';
import { reasonOf, type Log } from '../../programs/telemetry/log';
import {
  shutdownDecisionReader,
  writeStatus,
  type ShutdownDecision,
  type Reader,
} from '../shared-directories';
import type { INSTALL_FLAGS, UNINSTALL_FLAGS } from './flags';
import { hostOf, wantedOf, type Host, type Wanted } from './installation';
import { isOurs } from './live';
import { INSTALL_STEPS } from './steps';
import { UNINSTALL_STEPS } from './uninstall-steps';

/** Times between failing passes; the last one repeats. */
const RETRY_MS = [5_000, 15_000, 60_000, 300_000] as const;

const SHUTDOWN_POLL_MS = 200;

/**
 * Keeps gVisor installed until SIGTERM. Each pass repairs what is missing, and removes old versions that no sandbox uses any more.
 * A pass that finds everything in order changes nothing.
 */
export async function install(log: Log, flags: Flags<typeof INSTALL_FLAGS>): Promise<void> {
  const host = hostOf(flags);
  const wanted = wantedOf(flags);
  const stop = new AbortController();
  if (flags.once) return pass(log, host, wanted, stop.signal);

  void stopSignal().then((signal) => {
    log.info({ signal }, 'stopping');
    stop.abort();
  });
  for (let failures = 0; !stop.signal.aborted;) {
    const problem = await attempt(log, host, wanted, stop.signal);
    failures = problem === undefined ? 0 : failures + 1;
    if (!stop.signal.aborted) {
      const live = await isLive(host, wanted);
      await writeStatus(flags['status-dir'], { live }).catch((error: unknown) =>
        log.error({ reason: reasonOf(error) }, 'the status cannot be written'),
      );
    }
    const waitMs = problem === undefined ? flags['poll-seconds'] : retryMs(failures);
    await sleep(waitMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  const readShutdownDecision = shutdownDecisionReader(flags['shutdown-dir'], log);
  if (await shouldUninstall(readShutdownDecision, flags['shutdown-seconds']))
    await runUninstall(log, host, flags['drain-seconds']);
  else log.info('the DaemonSet still selects this node, so gVisor stays');
}

export async function uninstall(log: Log, flags: Flags<typeof UNINSTALL_FLAGS>): Promise<void> {
  await runUninstall(log, hostOf(flags), flags['drain-seconds']);
}

async function pass(log: Log, host: Host, wanted: Wanted, stopped: AbortSignal): Promise<void> {
  for (const step of INSTALL_STEPS) {
    stopped.throwIfAborted();
    log.debug({ step: step.name }, 'step');
    await step.run(host, wanted, stopped);
  }
  log.info({ installation: wanted.id, handler: wanted.handler }, 'gVisor is installed');
}

/** Why the pass failed, or undefined. Every fault of a host may be repaired by the next pass, so none ends the program. */
async function attempt(
  log: Log,
  host: Host,
  wanted: Wanted,
  stopped: AbortSignal,
): Promise<string | undefined> {
  try {
    await pass(log, host, wanted, stopped);
    return undefined;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    if (stopped.aborted) return problem;
    if (error instanceof SandboxError) log.error({ code: error.code, problem }, 'pass failed');
    else log.error({ err: error }, 'pass failed unexpectedly');
    return problem;
  }
}

async function isLive({ cri }: Host, { handler }: Wanted): Promise<boolean> {
  const handlers = await cri.handlers().catch(() => new Map<string, string>());
  return isOurs(handlers.get(handler));
}

function retryMs(failures: number): number {
  return RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] ?? 0;
}

/** A pod ends for many reasons; without a decision of `label`, gVisor stays. */
async function shouldUninstall(
  readShutdownDecision: Reader<ShutdownDecision>,
  timeoutMs: number,
): Promise<boolean> {
  const decision = await waitFor(readShutdownDecision, {
    timeoutMilliseconds: timeoutMs,
    intervalMilliseconds: SHUTDOWN_POLL_MS,
  });
  return decision?.action === 'uninstall';
}

async function runUninstall(log: Log, host: Host, drainMs: number): Promise<void> {
  const never = new AbortController().signal;
  for (const step of UNINSTALL_STEPS) {
    log.debug({ step: step.name }, 'step');
    await step.run(host, drainMs, never);
  }
  log.info('gVisor is uninstalled');
}

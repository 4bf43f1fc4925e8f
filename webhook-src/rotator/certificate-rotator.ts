/**
 * The certificate rotator, `node rotator.js`. Maintains a CA, a serving certificate and the `caBundle` of the webhook configuration, of
 * which it is the only owner.
 *
 * Required access, all by name, tested with an API server 1.36.3 under RBAC:
 * - Role: `secrets`, resourceNames `<secret>` and `<ca-secret>`, verbs `get`, `create`, `patch`. The `create` can be limited to names
 *   because a Secret is created by an apply patch, not by a POST (programs/in-cluster-api.ts).
 * - ClusterRole: `mutatingwebhookconfigurations`, resourceNames `<webhook-configuration>`, verbs `get`, `patch`.
 *
 * It polls: three reads every 10 s. A watch would need the verb `watch` and gain nothing: kubelets update Secrets in pods within a minute
 * or two, and keep the content when a Secret is deleted. Only a wrong `caBundle` matters at once, for 10 s at most.
 *
 * Exit code 0 after SIGTERM, SIGINT or `--once`; 2 for invalid flags; 1 for every unexpected error, a failed `--once` among them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ApiError, connectOwnApi, type Api } from '../../programs/in-cluster-api';
import type { Flags } from '../../programs/flags';
import { command, runProgram, serveTelemetry, stopSignal } from '../../programs/program';
import { createLog, reasonOf } from '../../programs/telemetry/log';
import type { RotationTimes } from './authority';
import { ROTATOR_FLAGS } from './flags';
import { createMetrics } from './metrics';
import { rotate, type PassReport, type RotationTarget } from './pass';

/** Pause between passes while a change is expected soon: another rotator was faster, or the configuration does not exist yet. */
const SOON_MS = 1_000;

/** Passes of `--once` while other rotators are faster. */
const ONCE_ATTEMPTS = 5;

const registry = new Registry();
const metrics = createMetrics(registry);
const log = createLog('rotator', () => metrics.logLinesDropped.inc());

/** Whether a pass has succeeded since this process started. */
let everSucceeded = false;

interface Rotation {
  readonly api: Api;
  readonly target: RotationTarget;
  readonly times: RotationTimes;
}

/** One pass, recorded in log and metrics. Throws only the errors of `rotate`. */
async function pass({ api, target, times }: Rotation): Promise<PassReport> {
  const report = await rotate(api, target, times, Date.now());
  metrics.passes.inc({ result: 'success' });
  metrics.lastSuccess.setToCurrentTime();
  metrics.notAfter.set({ what: 'ca' }, report.caNotAfterMs / 1000);
  metrics.notAfter.set({ what: 'leaf' }, report.leafNotAfterMs / 1000);
  if (report.authority !== 'keep') metrics.rotations.inc({ what: 'ca', why: report.authority });
  if (report.leaf !== undefined) metrics.rotations.inc({ what: 'leaf', why: report.leaf });
  if (report.authority !== 'keep' || report.leaf !== undefined || report.trust === 'written') {
    const expiry = (ms: number) => new Date(ms).toISOString();
    log.info(
      {
        authority: report.authority,
        leaf: report.leaf ?? 'kept',
        caBundle: report.trust,
        caNotAfter: expiry(report.caNotAfterMs),
        leafNotAfter: expiry(report.leafNotAfterMs),
      },
      'rotated',
    );
  }
  return report;
}

function failedPass(error: unknown): 'conflict' | 'error' {
  const result = error instanceof ApiError && error.status === 409 ? 'conflict' : 'error';
  metrics.passes.inc({ result });
  if (result === 'conflict') log.info({ reason: reasonOf(error) }, 'another rotator was faster');
  else log.error({ reason: reasonOf(error) }, 'pass failed');
  return result;
}

async function once(rotation: Rotation): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await pass(rotation);
      return;
    } catch (error) {
      if (failedPass(error) === 'error' || attempt === ONCE_ATTEMPTS) throw error;
    }
  }
}

async function keepRotating(
  rotation: Rotation,
  pollMs: number,
  stopped: AbortSignal,
): Promise<void> {
  while (!stopped.aborted) {
    let waitMs = pollMs;
    try {
      if ((await pass(rotation)).trust === 'absent') waitMs = Math.min(SOON_MS, pollMs);
      everSucceeded = true;
    } catch (error) {
      if (failedPass(error) === 'conflict') waitMs = Math.min(SOON_MS, pollMs);
    }
    await sleep(waitMs, undefined, { signal: stopped }).catch(() => undefined);
  }
}

function rotationOf(flags: Flags<typeof ROTATOR_FLAGS>): Rotation {
  return {
    api: connectOwnApi(process.env, {
      serviceAccountDir: flags['service-account-dir'],
      fieldManager: 'secure-ai-cert-rotator',
    }),
    target: {
      namespace: flags.namespace,
      secret: flags.secret,
      caSecret: flags['ca-secret'] ?? `${flags.secret}-ca`,
      webhookConfiguration: flags['webhook-configuration'],
      service: flags.service,
    },
    times: {
      caLifetimeMs: flags['ca-days'],
      leafLifetimeMs: flags['leaf-days'],
      propagationMs: flags['propagation-seconds'],
      overlapMs: flags['overlap-seconds'],
    },
  };
}

async function main(flags: Flags<typeof ROTATOR_FLAGS>): Promise<void> {
  const rotation = rotationOf(flags);
  if (flags.once) return once(rotation);

  collectDefaultMetrics({ register: registry });
  const stop = new AbortController();
  void stopSignal().then((signal) => {
    log.info({ signal }, 'stopping');
    stop.abort();
  });
  await serveTelemetry(log, flags, {
    unready: () => new Map(everSucceeded ? [] : [['rotation', 'no pass has succeeded yet']]),
    metrics: registry,
  });
  await keepRotating(rotation, flags['poll-seconds'], stop.signal);
}

const rotator = command({
  usage: 'node rotator.js',
  summary: "Keeps the webhook's CA and certificate, and the caBundle of its configuration.",
  flags: ROTATOR_FLAGS,
  run: main,
});

runProgram(log, () => rotator.run(process.argv.slice(2)));

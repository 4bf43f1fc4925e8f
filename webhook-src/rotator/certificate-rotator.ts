/**
 * The certificate rotator: `node rotator.js --namespace … --secret … --webhook-configuration … --service …`.
 *
 * Keeps a CA, a serving certificate and the `caBundle` of the webhook configuration, of which it is the only owner.
 *
 * - `--namespace` of the Secrets and the Service
 * - `--secret` name of the Secret that the webhook's pods mount (`ca.crt`, `tls.crt`, `tls.key`)
 * - `--ca-secret` name of the Secret with the CAs and their keys, which no pod mounts; default: that of `--secret` and `-ca`
 * - `--webhook-configuration` name of the MutatingWebhookConfiguration
 * - `--service` name of the webhook's Service
 * - `--health-port` plain HTTP, `/healthz`, `/readyz`; default 9090
 * - `--metrics-port` plain HTTP, `/metrics`; default 9091
 * - `--bind-address` default: every address, IPv6 and IPv4
 * - `--service-account-dir` directory with `token` and `ca.crt`; default /var/run/secrets/kubernetes.io/serviceaccount
 * - `--ca-days` life of a CA; default 365
 * - `--leaf-days` life of a serving certificate; default 90. Both are replaced after two thirds of it.
 * - `--propagation-seconds` how long a new CA is only trusted before it signs; default 300
 * - `--overlap-seconds` how long an old CA stays trusted after it stopped signing; default 86400
 * - `--poll-seconds` time between passes; default 10
 * - `--once` one pass, then exit
 *
 * The API server is at KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as in every pod.
 *
 * Access it needs, all by name, tried with an API server 1.36.3 under RBAC:
 * - Role: `secrets`, resourceNames `<secret>` and `<ca-secret>`, verbs `get`, `create`, `patch`. The `create` can be limited to names
 *   because a Secret is created by an apply patch, not by a POST (see api.ts).
 * - ClusterRole: `mutatingwebhookconfigurations`, resourceNames `<webhook-configuration>`, verbs `get`, `patch`.
 *
 * It polls: three reads every 10 s. A watch would need the verb `watch`, and would see a deleted Secret sooner than the kubelets,
 * which bring Secrets to pods within a minute or two and keep what they brought when one is deleted: nobody would be served sooner.
 * Only a wrong `caBundle` hurts at once, and for 10 s at most.
 *
 * Exit code 0 after SIGTERM, SIGINT or `--once`; 2 for flags that cannot be used; 1 for everything unforeseen, `--once` failing too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { SHARED_ERRORS, SandboxError } from '../../base/errors';
import {
  daysFlag,
  portFlag,
  readFlags,
  secondsFlag,
  textFlag,
  type Flags,
} from '../../programs/flags';
import { listen, runProgram, stopSignal } from '../../programs/program';
import { createHealthServer, createMetricsServer } from '../../programs/telemetry/health';
import { createLog, reasonOf } from '../../programs/telemetry/log';
import { ApiError, connectApi, type Api } from '../../programs/in-cluster-api';
import type { RotationTimes } from './authority';
import { createMetrics } from './metrics';
import { rotate, type PassReport, type RotationTarget } from './pass';

const FLAGS = {
  namespace: { kind: textFlag },
  secret: { kind: textFlag },
  'ca-secret': { kind: textFlag, otherwise: null },
  'webhook-configuration': { kind: textFlag },
  service: { kind: textFlag },
  'health-port': { kind: portFlag, otherwise: 9090 },
  'metrics-port': { kind: portFlag, otherwise: 9091 },
  'bind-address': { kind: textFlag, otherwise: null },
  'service-account-dir': {
    kind: textFlag,
    otherwise: '/var/run/secrets/kubernetes.io/serviceaccount',
  },
  'ca-days': { kind: daysFlag, otherwise: 365 * 86_400_000 },
  'leaf-days': { kind: daysFlag, otherwise: 90 * 86_400_000 },
  'propagation-seconds': { kind: secondsFlag(0), otherwise: 300_000 },
  'overlap-seconds': { kind: secondsFlag(0), otherwise: 86_400_000 },
  'poll-seconds': { kind: secondsFlag(0.05), otherwise: 10_000 },
  once: 'switch',
} as const;

/** Between passes while something is expected to change soon: another rotator was faster, or the configuration is not there yet. */
const SOON_MS = 1_000;

/** Passes of `--once` while other rotators are faster. */
const ONCE_ATTEMPTS = 5;

const registry = new Registry();
const metrics = createMetrics(registry);
const log = createLog('rotator', () => metrics.logLinesDropped.inc());

/** Whether a pass has left everything in order since this process began. */
let everSucceeded = false;

interface Rotation {
  readonly api: Api;
  readonly target: RotationTarget;
  readonly times: RotationTimes;
}

/** One pass, told to log and metrics. Throws only what `rotate` throws. */
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

function rotationOf(flags: Flags<typeof FLAGS>, environment: NodeJS.ProcessEnv): Rotation {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment;
  if (host === '' || portFlag.read(port) === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: 'KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT',
        reason: 'do not name an API server',
        fix: 'Run in a pod, or set both',
      },
    ]);
  }
  return {
    api: connectApi({
      host,
      port: Number(port),
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

runProgram(log, async () => {
  const flags = readFlags(FLAGS, process.argv.slice(2));
  const rotation = rotationOf(flags, process.env);
  if (flags.once) return once(rotation);

  collectDefaultMetrics({ register: registry });
  const stop = new AbortController();
  void stopSignal().then((signal) => {
    log.info({ signal }, 'stopping');
    stop.abort();
  });
  const health = createHealthServer(
    () => new Map(everSucceeded ? [] : [['rotation', 'no pass has succeeded yet']]),
  );
  const port = await listen(health, flags['health-port'], flags['bind-address']);
  log.info({ port }, 'health listening');
  const scraped = createMetricsServer(registry);
  const metricsPort = await listen(scraped, flags['metrics-port'], flags['bind-address']);
  log.info({ port: metricsPort }, 'metrics listening');
  await keepRotating(rotation, flags['poll-seconds'], stop.signal);
});

/**
 * The mutating webhook: `node webhook.js --cert-dir … --policy-file …`.
 *
 * It needs no API access, no egress and no writable disk: it reads the two paths, and answers on three ports.
 *
 * - `--cert-dir` directory with `tls.crt` and `tls.key`; loaded again when they change
 * - `--policy-file` the policy as JSON; loaded again when it changes
 * - `--port` HTTPS, `POST /v1/mutate`; default 8443
 * - `--health-port` plain HTTP, `/healthz`, `/readyz`; default 9090
 * - `--metrics-port` plain HTTP, `/metrics`; default 9091
 * - `--bind-address` default: every address, IPv6 and IPv4
 * - `--client-ca-file` PEM file; with it, only clients with a certificate of these CAs may ask
 * - `--client-name` common name the client certificate must have besides
 * - `--drain-seconds` time from SIGTERM in which reviews are answered as before; default 15. The pod's
 *   `terminationGracePeriodSeconds` must be at least 10 more.
 * - `--poll-seconds` how often the files are looked at; default 2
 *
 * Exit code 0 after SIGTERM or SIGINT, 2 for flags that cannot be used, 1 for everything unforeseen.
 */
import type { Server } from 'node:https';
import { isMainThread } from 'node:worker_threads';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { SHARED_ERRORS, SandboxError } from '../../base/errors';
import { portFlag, readFlags, secondsFlag, textFlag, type Flags } from '../../programs/flags';
import { listen, runProgram, stopSignal } from '../../programs/program';
import {
  createHealthServer,
  createMetricsServer,
  type Unready,
} from '../../programs/telemetry/health';
import { createLog, reasonOf } from '../../programs/telemetry/log';
import { createAsideJudge, isLarge, serveAside } from './worker';
import { contiguous, type ReceivedBody } from './body';
import { certificatePaths, loadCertificate, type ServingCertificate } from './certificate';
import { clientCheck } from './allowed-client';
import { createAdmissionServer } from './https';
import { drain } from './lifecycle';
import { judge } from './review-pod';
import { createListener, type Judged, type Phase } from './listener';
import { createMetrics } from './metrics';
import { loadPolicy, type LoadedPolicy } from './policy-file';
import { createReloader, type Reloader } from './reload';

const FLAGS = {
  'cert-dir': { kind: textFlag },
  'policy-file': { kind: textFlag },
  port: { kind: portFlag, otherwise: 8443 },
  'health-port': { kind: portFlag, otherwise: 9090 },
  'metrics-port': { kind: portFlag, otherwise: 9091 },
  'bind-address': { kind: textFlag, otherwise: null },
  'client-ca-file': { kind: textFlag, otherwise: null },
  'client-name': { kind: textFlag, otherwise: null },
  'drain-seconds': { kind: secondsFlag(0), otherwise: 15_000 },
  'poll-seconds': { kind: secondsFlag(0.05), otherwise: 2_000 },
} as const;

const registry = new Registry();
const metrics = createMetrics(registry);
const log = createLog('webhook', () => metrics.logLinesDropped.inc());

/** Judges large reviews. */
const aside = createAsideJudge(__filename);

interface State {
  phase: Phase;
  policy?: LoadedPolicy;
  certificate?: ServingCertificate;
  /** There from the first usable certificate on. */
  server?: Server;
}

async function serve(flags: Flags<typeof FLAGS>): Promise<void> {
  const state: State = { phase: 'serving' };
  const stopped = stopSignal();
  const health = createHealthServer(() => unready(state));
  const healthPort = await listen(health, flags['health-port'], flags['bind-address']);
  log.info({ port: healthPort }, 'health listening');
  const scraped = createMetricsServer(registry);
  const metricsPort = await listen(scraped, flags['metrics-port'], flags['bind-address']);
  log.info({ port: metricsPort }, 'metrics listening');

  const reloaders = [policyReloader(state, flags), certificateReloader(state, flags)];
  for (const reloader of reloaders) {
    await reloader.check();
    reloader.start(flags['poll-seconds']);
  }

  const signal = await stopped;
  log.info({ signal }, 'stopping');
  for (const reloader of reloaders) reloader.stop();
  state.phase = 'draining';
  if (state.server?.listening === true) {
    await drain(state.server, {
      graceMs: flags['drain-seconds'],
      enter: (phase) => (state.phase = phase),
    });
  }
  log.info('stopped');
}

function policyReloader(state: State, { 'policy-file': file }: Flags<typeof FLAGS>): Reloader {
  return createReloader([file], () => loadPolicy(file), {
    loaded(policy) {
      state.policy = policy;
      aside.usePolicy(policy.policy);
      metrics.policyInfo.reset();
      metrics.policyInfo.set({ hash: policy.hash }, 1);
      metrics.policyLoaded.setToCurrentTime();
      reportLoaded('policy', { hash: policy.hash });
    },
    failed: (error) => reportFailed('policy', error),
  });
}

function certificateReloader(state: State, flags: Flags<typeof FLAGS>): Reloader {
  const files = { directory: flags['cert-dir'], clientCaFile: flags['client-ca-file'] };
  const isAllowedClient = clientCheck(flags['client-ca-file'] !== undefined, flags['client-name']);
  const listener = createListener({
    phase: () => state.phase,
    judge: (body) => judgeBy(state, body),
    isAllowedClient,
    metrics,
    log,
  });

  async function open({ context }: ServingCertificate): Promise<void> {
    state.server = createAdmissionServer({ context, listener, isAllowedClient, metrics });
    const port = await listen(state.server, flags.port, flags['bind-address']);
    log.info({ port }, 'listening');
  }

  return createReloader(certificatePaths(files), () => loadCertificate(files, Date.now()), {
    loaded(certificate) {
      state.certificate = certificate;
      if (state.server === undefined) void open(certificate);
      else state.server.setSecureContext(certificate.context);
      const { notAfter, serialNumber } = certificate;
      metrics.certificateNotAfter.set(notAfter.getTime() / 1000);
      reportLoaded('certificate', { notAfter: notAfter.toISOString(), serialNumber });
    },
    failed: (error) => reportFailed('certificate', error),
  });
}

function judgeBy({ policy }: State, body: ReceivedBody): Judged | Promise<Judged> {
  if (policy === undefined) return { refused: 'not_ready', detail: '' };
  return isLarge(body) ? aside.judge(body) : judge(contiguous(body), policy.decider);
}

/** Why reviews cannot be answered now; an expired certificate counts, so that a replica that has the new one is asked instead. */
function unready({ phase, policy, certificate, server }: State): Unready {
  const reasons = new Map<string, string>();
  if (phase !== 'serving') reasons.set('phase', phase);
  if (policy === undefined) reasons.set('policy', 'not loaded');
  if (certificate === undefined) reasons.set('certificate', 'not loaded');
  else if (Date.now() >= certificate.notAfter.getTime()) reasons.set('certificate', 'expired');
  else if (server?.listening !== true) reasons.set('port', 'not listening');
  return reasons;
}

function reportLoaded(
  what: 'policy' | 'certificate',
  facts: Readonly<Record<string, string>>,
): void {
  metrics.reloads.inc({ what, result: 'loaded' });
  metrics.reloadFailing.set({ what }, 0);
  log.info({ what, ...facts }, 'loaded');
}

function reportFailed(what: 'policy' | 'certificate', error: unknown): void {
  metrics.reloads.inc({ what, result: 'failed' });
  metrics.reloadFailing.set({ what }, 1);
  log.error(
    { what, reason: reasonOf(error) },
    'cannot be used; the one loaded before, if any, stays',
  );
}

async function main(): Promise<void> {
  const flags = readFlags(FLAGS, process.argv.slice(2));
  if (flags['client-name'] !== undefined && flags['client-ca-file'] === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: '--client-name',
        reason: 'proves nothing without a CA to check the certificate with',
        fix: 'Add --client-ca-file',
      },
    ]);
  }
  collectDefaultMetrics({ register: registry });
  await serve(flags);
}

if (isMainThread) runProgram(log, main);
else serveAside();

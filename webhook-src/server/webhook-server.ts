/**
 * The mutating webhook, `node webhook.js`. It needs no API access, no egress and no writable disk.
 *
 * Exit code 0 after SIGTERM or SIGINT, 2 for invalid flags, 1 for every unexpected error.
 */
import type { Server } from 'node:https';
import { isMainThread } from 'node:worker_threads';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { SHARED_ERRORS, SandboxError } from '../../base/errors';
import type { Flags } from '../../programs/flags';
import { command, listen, runProgram, serveTelemetry, stopSignal } from '../../programs/program';
import type { Unready } from '../../programs/telemetry/health';
import { createLog, reasonOf } from '../../programs/telemetry/log';
import { createReviewWorker, isLarge, serveReviews } from './worker';
import { contiguous, type ReceivedBody } from './body';
import { certificatePaths, loadCertificate, type ServingCertificate } from './certificate';
import { clientCheck } from './allowed-client';
import { WEBHOOK_FLAGS } from './flags';
import { createAdmissionServer } from './https';
import { drain } from './lifecycle';
import { reviewPod } from './review-pod';
import { createListener, type Phase, type Reviewed } from './listener';
import { createMetrics } from './metrics';
import { loadPolicy, policyPaths, type LoadedPolicy } from './policy-file';
import { createReloader, type Reloader } from './reload';

const registry = new Registry();
const metrics = createMetrics(registry);
const log = createLog('webhook', () => metrics.logLinesDropped.inc());

/** Reviews large pods. */
const worker = createReviewWorker(__filename);

type WebhookFlags = Flags<typeof WEBHOOK_FLAGS>;

interface State {
  phase: Phase;
  policy?: LoadedPolicy;
  certificate?: ServingCertificate;
  /** Set once the first usable certificate is loaded. */
  server?: Server;
}

async function serve(flags: WebhookFlags): Promise<void> {
  const state: State = { phase: 'serving' };
  const stopped = stopSignal();
  await serveTelemetry(log, flags, { unready: () => unready(state), metrics: registry });

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

function policyReloader(state: State, flags: WebhookFlags): Reloader {
  const files = {
    policyFile: flags['policy-file'],
    runtimeClassesFile: flags['runtime-classes-file'],
  };
  return createReloader(policyPaths(files), () => loadPolicy(files), {
    loaded(policy) {
      state.policy = policy;
      worker.usePolicy(policy.source);
      metrics.policyInfo.reset();
      metrics.policyInfo.set({ hash: policy.hash }, 1);
      metrics.policyLoaded.setToCurrentTime();
      reportLoaded('policy', { hash: policy.hash });
    },
    failed: (error) => reportFailed('policy', error),
  });
}

function certificateReloader(state: State, flags: WebhookFlags): Reloader {
  const files = { directory: flags['cert-dir'], clientCaFile: flags['client-ca-file'] };
  const isAllowedClient = clientCheck(flags['client-ca-file'] !== undefined, flags['client-name']);
  const listener = createListener({
    phase: () => state.phase,
    review: (body) => reviewBy(state, body),
    enforcementOf: (namespace) => state.policy?.enforcementOf(namespace) ?? 'deny',
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

function reviewBy({ policy }: State, body: ReceivedBody): Reviewed | Promise<Reviewed> {
  if (policy === undefined) return { refused: 'not_ready', detail: '' };
  return isLarge(body) ? worker.review(body) : reviewPod(contiguous(body), policy.decider);
}

/** Why reviews cannot be answered now. An expired certificate counts, so that API servers call a replica with the new one instead. */
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
    'cannot be used; the one loaded before, if any, stays in use',
  );
}

async function main(flags: WebhookFlags): Promise<void> {
  if (flags['client-name'] !== undefined && flags['client-ca-file'] === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: '--client-name',
        reason: 'proves nothing without a CA to check the certificate with',
        fix: 'add --client-ca-file',
      },
    ]);
  }
  collectDefaultMetrics({ register: registry });
  await serve(flags);
}

const webhook = command({
  usage: 'node webhook.js',
  summary: 'Answers AdmissionReviews of new pods: chooses a sandbox, or denies the pod.',
  flags: WEBHOOK_FLAGS,
  run: main,
});

if (isMainThread) runProgram(log, () => webhook.run(process.argv.slice(2)));
else serveReviews();

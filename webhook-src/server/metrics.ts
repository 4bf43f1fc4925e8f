/**
 * Metrics of the server. Label values come from closed lists (outcomes, codes, sources, enforcements) or from the policy (runtime names, at most 64):
 * never from a request, so a caller cannot grow them.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DENIAL_CODES } from '../../policy/decision/decision';
import { enforcementSchema } from '../../policy/model/guardrails-schema';
import { OUTCOMES, type LogFields } from './review-pod';
import { REFUSALS } from './refusals';

/** Outcome of a review that exceeds a limit: denied, or admitted in a namespace where the policy is not enforced. */
export const TOO_LARGE = 'too_large';

const PREFIX = 'secure_ai_mutator_';

/** The API server's own histogram starts at 5 ms (apiserver pkg/admission/metrics), too coarse for answers in fractions of a millisecond. */
const DURATION_BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
];

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    requests: new Counter({
      name: `${PREFIX}requests_total`,
      help: 'Requests answered, by outcome: an answered review or the code of a refusal.',
      labelNames: ['outcome'],
      registers,
    }),
    duration: new Histogram({
      name: `${PREFIX}request_duration_seconds`,
      help: 'Time from the head of a request to its answer, of answered reviews.',
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    decisions: new Counter({
      name: `${PREFIX}decisions_total`,
      help: 'Decisions about new pods, by runtime (none if none was chosen), source of the choice and enforcement: deny for what was done, warn and audit for what would have been.',
      labelNames: ['runtime', 'source', 'enforcement'],
      registers,
    }),
    denials: new Counter({
      name: `${PREFIX}denials_total`,
      help: 'New pods denied, by code and enforcement: deny for what was done, warn and audit for what would have been. A pod counts once for each of its codes.',
      labelNames: ['code', 'enforcement'],
      registers,
    }),
    connectionErrors: new Counter({
      name: `${PREFIX}connection_errors_total`,
      help: 'Connections that ended without a readable request, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    reloads: new Counter({
      name: `${PREFIX}reloads_total`,
      help: 'Loads of the certificate and of the policy that changed the value in use, or began to fail.',
      labelNames: ['what', 'result'],
      registers,
    }),
    reloadFailing: new Gauge({
      name: `${PREFIX}reload_failing`,
      help: '1 while the files on disk are invalid and the value loaded before, if any, stays in use.',
      labelNames: ['what'],
      registers,
    }),
    certificateNotAfter: new Gauge({
      name: `${PREFIX}cert_not_after_timestamp_seconds`,
      help: 'Expiry of the serving certificate.',
      registers,
    }),
    policyInfo: new Gauge({
      name: `${PREFIX}policy_info`,
      help: 'Always 1; the label is the hash of the policy in use, as in the decision annotation.',
      labelNames: ['hash'],
      registers,
    }),
    policyLoaded: new Gauge({
      name: `${PREFIX}policy_loaded_timestamp_seconds`,
      help: 'Time when the policy in use was loaded.',
      registers,
    }),
    logLinesDropped: new Counter({
      name: `${PREFIX}log_lines_dropped_total`,
      help: 'Log lines dropped because standard output did not accept them.',
      registers,
    }),
  };
  // Every series of a closed list exists from the start, so that the first event of an alert is an increase and not a new series.
  for (const outcome of [...OUTCOMES, TOO_LARGE, ...Object.keys(REFUSALS)])
    metrics.requests.inc({ outcome }, 0);
  for (const code of DENIAL_CODES)
    for (const enforcement of enforcementSchema.options)
      metrics.denials.inc({ code, enforcement }, 0);
  return metrics;
}

/**
 * Counts a decision: under the enforcement of the namespace, and each preview under its own. A pod that the API server calls about again
 * counts once, as long as the decision stands on it; a denial always counts, because the API server never calls again after one.
 */
export function countDecision(
  { decisions, denials }: Pick<Metrics, 'decisions' | 'denials'>,
  fields: Pick<
    LogFields,
    'runtime' | 'source' | 'codes' | 'enforcement' | 'previews' | 'isRepeated'
  >,
): void {
  if (fields.isRepeated) return;
  const { runtime, source, codes, enforcement, previews } = fields;
  // Without a preview of its own enforcement a namespace is one where deny would do just what was done.
  const isPreviewed = previews.some((preview) => preview.enforcement === enforcement);
  const whole = isPreviewed ? [] : [{ runtime, source, codes, enforcement }];
  for (const counted of [...whole, ...previews]) {
    const labels = { enforcement: counted.enforcement };
    decisions.inc({ runtime: counted.runtime, source: counted.source, ...labels });
    for (const code of counted.codes) denials.inc({ code, ...labels });
  }
}

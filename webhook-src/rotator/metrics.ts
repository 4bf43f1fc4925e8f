/** Metrics of the rotator; every label value comes from a closed list. */
import { Counter, Gauge, type Registry } from 'prom-client';

const PREFIX = 'secure_ai_rotator_';

export function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    passes: new Counter({
      name: `${PREFIX}passes_total`,
      help: 'Passes, by result; conflict: another rotator was faster.',
      labelNames: ['result'],
      registers,
    }),
    rotations: new Counter({
      name: `${PREFIX}rotations_total`,
      help: 'Certificates issued and CAs moved to the next place, by what and why.',
      labelNames: ['what', 'why'],
      registers,
    }),
    lastSuccess: new Gauge({
      name: `${PREFIX}last_success_timestamp_seconds`,
      help: 'Time of the last successful pass.',
      registers,
    }),
    notAfter: new Gauge({
      name: `${PREFIX}cert_not_after_timestamp_seconds`,
      help: 'Expiry of the CA in use and of the serving certificate.',
      labelNames: ['what'],
      registers,
    }),
    logLinesDropped: new Counter({
      name: `${PREFIX}log_lines_dropped_total`,
      help: 'Log lines dropped because standard output did not accept them.',
      registers,
    }),
  };
}

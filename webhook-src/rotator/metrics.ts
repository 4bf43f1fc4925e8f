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
      help: 'Certificates made and CAs moved on, by what and why.',
      labelNames: ['what', 'why'],
      registers,
    }),
    lastSuccess: new Gauge({
      name: `${PREFIX}last_success_timestamp_seconds`,
      help: 'When a pass last left everything in order.',
      registers,
    }),
    notAfter: new Gauge({
      name: `${PREFIX}cert_not_after_timestamp_seconds`,
      help: 'When the CA in use and the serving certificate expire.',
      labelNames: ['what'],
      registers,
    }),
    logLinesDropped: new Counter({
      name: `${PREFIX}log_lines_dropped_total`,
      help: 'Log lines dropped because standard output did not take them.',
      registers,
    }),
  };
}

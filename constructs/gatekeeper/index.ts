/** What other folders use of Gatekeeper. */
export { WEBHOOK_PORT } from './args';
export { Gatekeeper } from './gatekeeper';
export { POD_LABELS } from './names';
export { SANDBOX_GATEKEEPER } from './presets';
export { METRICS_PORT } from './workloads';
export { gatekeeperSchema, type GatekeeperProps } from './schema';

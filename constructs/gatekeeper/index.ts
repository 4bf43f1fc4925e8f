export { Gatekeeper } from './gatekeeper';
export { SANDBOX_GATEKEEPER } from './presets';
export { gatekeeperSchema, type GatekeeperProps } from './schema';

/** Flags that more than one program has. */
import { SERVICE_ACCOUNT_DIRECTORY } from '../base/names';
import { portFlag, textFlag } from './flag-kinds';

/** Of every program that serves probes and metrics. */
export const SERVER_FLAGS = {
  'health-port': {
    kind: portFlag,
    default: 9090,
    description: 'Port for plain HTTP /healthz and /readyz.',
  },
  'metrics-port': { kind: portFlag, default: 9091, description: 'Port for plain HTTP /metrics.' },
  'bind-address': {
    kind: textFlag,
    default: null,
    description: 'Address to listen on; every address, IPv6 and IPv4, by default.',
  },
} as const;

/** Of every program that calls the API server, at KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT as in every pod. */
export const API_FLAGS = {
  'service-account-dir': {
    kind: textFlag,
    default: SERVICE_ACCOUNT_DIRECTORY,
    description: 'Directory with token and ca.crt.',
  },
} as const;

/** Flags of the mutating webhook's server, `webhook.js`. */
import { portFlag, secondsFlag, textFlag } from '../../programs/flag-kinds';
import { SERVER_FLAGS } from '../../programs/shared-flags';

export const WEBHOOK_FLAGS = {
  'cert-dir': {
    kind: textFlag,
    description: 'Directory with tls.crt and tls.key; reloaded when they change.',
  },
  'policy-file': {
    kind: textFlag,
    description: 'The policy as JSON; reloaded when it changes.',
  },
  'runtime-classes-file': {
    kind: textFlag,
    default: null,
    description:
      'RuntimeClasses as JSON, to exchange the class of a pod that other webhooks change; reloaded with the policy.',
  },
  port: { kind: portFlag, default: 8443, description: 'Port for HTTPS POST /v1/mutate.' },
  ...SERVER_FLAGS,
  'client-ca-file': {
    kind: textFlag,
    default: null,
    description: 'PEM file; the server answers only clients with a certificate of these CAs.',
  },
  'client-name': {
    kind: textFlag,
    default: null,
    description: 'Common name the client certificate must have; needs --client-ca-file.',
  },
  'drain-seconds': {
    kind: secondsFlag(0),
    default: 15,
    description:
      'Time after SIGTERM in which reviews are still answered; terminationGracePeriodSeconds must be at least 10 more.',
  },
  'poll-seconds': {
    kind: secondsFlag(0.05),
    default: 2,
    description: 'Time between checks of the files.',
  },
} as const;

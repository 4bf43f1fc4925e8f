/** Flags of the certificate rotator, `rotator.js`. */
import { daysFlag, secondsFlag, textFlag } from '../../programs/flag-kinds';
import { API_FLAGS, SERVER_FLAGS } from '../../programs/shared-flags';

export const ROTATOR_FLAGS = {
  namespace: { kind: textFlag, description: 'Namespace of the Secrets and the Service.' },
  secret: {
    kind: textFlag,
    description: "Name of the Secret the webhook's pods mount (ca.crt, tls.crt, tls.key).",
  },
  'ca-secret': {
    kind: textFlag,
    default: null,
    description:
      'Name of the Secret with the CAs and their keys, which no pod mounts; without it, that of --secret followed by -ca.',
  },
  'webhook-configuration': {
    kind: textFlag,
    description: 'Name of the MutatingWebhookConfiguration.',
  },
  service: { kind: textFlag, description: "Name of the webhook's Service." },
  ...SERVER_FLAGS,
  ...API_FLAGS,
  'ca-days': {
    kind: daysFlag,
    default: 365,
    description: 'Lifetime of a CA, which is replaced after two thirds of it.',
  },
  'leaf-days': {
    kind: daysFlag,
    default: 90,
    description: 'Lifetime of a serving certificate, which is replaced after two thirds of it.',
  },
  'propagation-seconds': {
    kind: secondsFlag(0),
    default: 300,
    description: 'Time a new CA is trusted before it signs.',
  },
  'overlap-seconds': {
    kind: secondsFlag(0),
    default: 86_400,
    description: 'Time an old CA stays trusted after it stopped signing.',
  },
  'poll-seconds': { kind: secondsFlag(0.05), default: 10, description: 'Time between passes.' },
  once: { kind: 'switch', description: 'One pass, then exit.' },
} as const;

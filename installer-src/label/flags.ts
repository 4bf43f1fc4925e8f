/** Flags of the installer's verb `label`. */
import { secondsFlag, textFlag } from '../../programs/flag-kinds';
import { API_FLAGS, SERVER_FLAGS } from '../../programs/shared-flags';
import { HANDLER_FLAGS, SHARED_DIRECTORY_FLAGS } from '../flags';

export const LABEL_FLAGS = {
  node: { kind: textFlag, description: 'Name of the node.' },
  namespace: { kind: textFlag, description: 'Namespace of the DaemonSet.' },
  daemonset: { kind: textFlag, description: 'Name of the DaemonSet.' },
  label: { kind: textFlag, description: 'Key of the label to set while the node runs gVisor.' },
  'startup-taint': {
    kind: textFlag,
    default: null,
    description: 'Key of the taint to remove last; without it no taint is removed.',
  },
  ...HANDLER_FLAGS,
  ...SHARED_DIRECTORY_FLAGS,
  ...SERVER_FLAGS,
  ...API_FLAGS,
  'poll-seconds': {
    kind: secondsFlag(0.05),
    default: 60,
    description: 'Time between checks once the node runs gVisor.',
  },
  'shutdown-seconds': {
    kind: secondsFlag(0),
    default: 30,
    description: 'Time the API server has, after SIGTERM, to answer why the pod ends.',
  },
} as const;

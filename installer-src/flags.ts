/** Flags that several verbs of the installer share. */
import { DNS_LABEL, MAX_LENGTHS } from '../base/patterns';
import { pathFlag, secondsFlag } from '../programs/flag-kinds';
import type { FlagKind } from '../programs/flags';

const handlerFlag: FlagKind<string> = {
  expects: 'a DNS label',
  read: (text) => (text.length <= MAX_LENGTHS.dnsLabel && DNS_LABEL.test(text) ? text : undefined),
};

export const HANDLER_FLAGS = {
  handler: {
    kind: handlerFlag,
    default: 'runsc',
    description: "Name of the handler in containerd's configuration, and so in RuntimeClasses.",
  },
} as const;

/** Directories of the messages between the two containers: `install` writes the first, `label` the second. */
export const SHARED_DIRECTORY_FLAGS = {
  'status-dir': {
    kind: pathFlag,
    default: '/status',
    description: 'Directory that only install writes and label reads.',
  },
  'shutdown-dir': {
    kind: pathFlag,
    default: '/shutdown',
    description: 'Directory that only label writes and install reads.',
  },
} as const;

/** How long `uninstall` waits. */
export const DRAIN_FLAGS = {
  'drain-seconds': {
    kind: secondsFlag(0),
    default: 300,
    description: 'Time sandboxes have to end before uninstalling gives up.',
  },
} as const;

/** Flags of the installer's verbs `install` and `uninstall`. */
import { pathFlag, secondsFlag } from '../../programs/flag-kinds';
import type { FlagKind } from '../../programs/flags';
import { DRAIN_FLAGS, HANDLER_FLAGS, SHARED_DIRECTORY_FLAGS } from '../flags';

const mebibytesFlag: FlagKind<number> = {
  expects: 'a whole number of MiB',
  read: (text) => (/^\d{1,8}$/.test(text) ? Number(text) * 1024 * 1024 : undefined),
};

export const versionFlag: FlagKind<string> = {
  expects: 'a gVisor release such as 20260817.0',
  read: (text) => (/^\d{8}(\.\d{1,4})?$/.test(text) ? text : undefined),
};

/** A URL prefix without a slash at its end. */
export const sourceFlag: FlagKind<string> = {
  expects: 'an http or https URL',
  read: (text) => (/^https?:\/\/\S+$/.test(text) ? text.replace(/\/+$/, '') : undefined),
};

export const digestsFlag: FlagKind<ReadonlyMap<string, string>> = {
  expects:
    'a list ARCH/FILE=SHA512,… with ARCH x86_64 or aarch64, FILE gvisor.tar.bz2, runsc or containerd-shim-runsc-v1',
  read: (text) =>
    pairs(
      text,
      /^(?:x86_64|aarch64)\/(?:gvisor\.tar\.bz2|runsc|containerd-shim-runsc-v1)$/,
      /^[0-9a-f]{128}$/,
    ),
};

/** Flags of runsc by name, as in `platform=systrap,network=host`. */
export const runscConfigFlag: FlagKind<Readonly<Record<string, string>>> = {
  expects: 'a list NAME=VALUE,… of runsc flags',
  read: (text) => {
    const found = pairs(text, /^[a-z][a-z0-9-]*$/, /^[^"\\]*$/);
    return found && Object.fromEntries(found);
  },
};

/** Undefined where an item is not `name=value` of these forms, or a name is repeated. */
function pairs(text: string, name: RegExp, value: RegExp): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const item of text === '' ? [] : text.split(',')) {
    const [, key = '', content = ''] = /^([^=]*)=(.*)$/.exec(item) ?? [];
    if (!name.test(key) || !value.test(content) || found.has(key)) return undefined;
    found.set(key, content);
  }
  return found;
}

/** Flags that locate the host. */
export const HOST_FLAGS = {
  'host-root': {
    kind: pathFlag,
    default: '/host',
    description: "Directory in this container with the host's root.",
  },
  'containerd-config': {
    kind: pathFlag,
    default: '/etc/containerd/config.toml',
    description: "Path of containerd's main configuration on the host.",
  },
  'generated-config': {
    kind: 'switch',
    description: 'That file is regenerated at every start (k3s, rke2), so it is never edited.',
  },
  'containerd-socket': {
    kind: pathFlag,
    default: '/run/containerd/containerd.sock',
    description: "Path of containerd's socket on the host.",
  },
  'restart-seconds': {
    kind: secondsFlag(1),
    default: 120,
    description: 'Time limit for containerd to answer, also after a restart.',
  },
} as const;

/** What to install. */
export const INSTALLATION_FLAGS = {
  source: {
    kind: sourceFlag,
    default: 'https://storage.googleapis.com/gvisor/releases/release',
    description: 'URL before the version.',
  },
  version: { kind: versionFlag, description: 'gVisor release, such as 20260817.0.' },
  sha512: {
    kind: digestsFlag,
    description:
      'ARCH/FILE=DIGEST,… of gvisor.tar.bz2, or of runsc and containerd-shim-runsc-v1, for every architecture of the nodes.',
  },
  ...HANDLER_FLAGS,
  'runsc-config': {
    kind: runscConfigFlag,
    default: 'platform=systrap',
    description: 'NAME=VALUE,… flags of runsc.',
  },
  'min-free-mib': {
    kind: mebibytesFlag,
    default: 1024,
    description: 'Disk space in MiB that must be free before a download.',
  },
} as const;

export const INSTALL_FLAGS = {
  ...HOST_FLAGS,
  ...INSTALLATION_FLAGS,
  ...SHARED_DIRECTORY_FLAGS,
  'poll-seconds': { kind: secondsFlag(1), default: 60, description: 'Time between passes.' },
  'shutdown-seconds': {
    kind: secondsFlag(0),
    default: 60,
    description: 'Time label has, after SIGTERM, to decide between uninstall and keep.',
  },
  ...DRAIN_FLAGS,
  once: { kind: 'switch', description: 'One pass, then exit.' },
} as const;

export const UNINSTALL_FLAGS = { ...HOST_FLAGS, ...DRAIN_FLAGS } as const;

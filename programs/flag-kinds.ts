/** The kinds of flags that more than one program has. */
import type { FlagKind } from './flags';

export const textFlag: FlagKind<string> = {
  expects: 'a non-empty string',
  read: (text) => (text === '' ? undefined : text),
};

export const pathFlag: FlagKind<string> = {
  expects: 'an absolute path',
  read: (text) => (text.startsWith('/') ? text : undefined),
};

/** A TCP port; 0 lets the system choose one. */
export const portFlag: FlagKind<number> = {
  expects: 'a port, 0 to 65535',
  read: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined),
};

/** A duration written in seconds, at least `minimumSeconds`; read as milliseconds. */
export function secondsFlag(minimumSeconds: number): FlagKind<number> {
  return {
    expects: `a number of seconds, ${minimumSeconds} or more`,
    read: (text) =>
      /^\d{1,9}(\.\d{1,3})?$/.test(text) && Number(text) >= minimumSeconds
        ? Math.round(Number(text) * 1000)
        : undefined,
  };
}

/** A duration written in days, at least 0.05; read as milliseconds. */
export const daysFlag: FlagKind<number> = {
  expects: 'a number of days, 0.05 or more',
  read: (text) =>
    /^\d{1,5}(\.\d{1,6})?$/.test(text) && Number(text) >= 0.05
      ? Math.round(Number(text) * 86_400_000)
      : undefined,
};

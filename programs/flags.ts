/** Typed command-line flags of the two programs, read with `node:util` and reported all problems at once. */
import { parseArgs } from 'node:util';
import { SHARED_ERRORS, refuse, type Problem } from '../base/errors';

/** How the text of one flag is read. `undefined` from `read` means the text does not fit. */
export interface FlagKind<T> {
  readonly expects: string;
  read(text: string): T | undefined;
}

export const textFlag: FlagKind<string> = {
  expects: 'a text that is not empty',
  read: (text) => (text === '' ? undefined : text),
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

/** A duration written in days, at least one hour; read as milliseconds. */
export const daysFlag: FlagKind<number> = {
  expects: 'a number of days, 0.05 or more',
  read: (text) =>
    /^\d{1,5}(\.\d{1,6})?$/.test(text) && Number(text) >= 0.05
      ? Math.round(Number(text) * 86_400_000)
      : undefined,
};

interface FlagSpec<T> {
  readonly kind: FlagKind<T>;
  /** Value when the flag is absent; `null`: stays undefined; no member: the flag is required. */
  readonly otherwise?: T | null;
}

type FlagSpecs = Readonly<Record<string, FlagSpec<unknown> | 'switch'>>;

type FlagValue<S> = S extends 'switch'
  ? boolean
  : S extends { kind: FlagKind<infer T>; otherwise: null }
    ? T | undefined
    : S extends { kind: FlagKind<infer T> }
      ? T
      : never;

export type Flags<S extends FlagSpecs> = { readonly [K in keyof S]: FlagValue<S[K]> };

/**
 * Reads `argv` by the specs. Unknown flags, positionals, repeated flags, missing required flags and values that do not fit are
 * all reported at once.
 * @throws SandboxError `USAGE_INVALID`
 */
export function readFlags<const S extends FlagSpecs>(specs: S, argv: readonly string[]): Flags<S> {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { type: spec === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string | undefined>();
  const problems: Problem[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(unknown(token.value));
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(specs, token.name)) problems.push(unknown(token.rawName));
    else if (given.has(token.name))
      problems.push({ path: token.rawName, reason: 'is given twice', fix: 'Give it once' });
    else given.set(token.name, isFlag(token) ? undefined : token.value);
  }
  const values = new Map<string, unknown>();
  for (const [name, spec] of Object.entries(specs)) {
    const outcome = readFlag(name, spec, given);
    if ('problem' in outcome) problems.push(outcome.problem);
    else values.set(name, outcome.value);
  }
  refuse(SHARED_ERRORS.USAGE_INVALID, problems);
  return Object.fromEntries(values) as Flags<S>;
}

function readFlag(
  name: string,
  spec: FlagSpecs[string],
  given: ReadonlyMap<string, string | undefined>,
): { readonly value: unknown } | { readonly problem: Problem } {
  const path = `--${name}`;
  const text = given.get(name);
  if (spec === 'switch') {
    if (text !== undefined)
      return { problem: { path, reason: 'takes no value', fix: `Write ${path} alone` } };
    return { value: given.has(name) };
  }
  if (!given.has(name)) {
    if (spec.otherwise === undefined)
      return {
        problem: { path, reason: 'is required', fix: `Add ${path} with ${spec.kind.expects}` },
      };
    return { value: spec.otherwise ?? undefined };
  }
  const value: unknown = text === undefined ? undefined : spec.kind.read(text);
  if (value === undefined)
    return {
      problem: { path, reason: `"${text ?? ''}" does not fit`, fix: `Give ${spec.kind.expects}` },
    };
  return { value };
}

/** Whether what stands where the value should be is the next flag. */
function isFlag({
  value = '',
  inlineValue,
}: {
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}): boolean {
  return inlineValue !== true && value.startsWith('--');
}

function unknown(text: string): Problem {
  return { path: text, reason: 'is not a flag of this program', fix: 'Remove it' };
}

/** Typed tables of command-line flags: how a program reads them, what its `--help` prints, and how a pod's `args` are written. */
import { parseArgs } from 'node:util';
import { SHARED_ERRORS, refuse, type Problem } from '../base/errors';

/** How the value of a flag is read. */
export interface FlagKind<T> {
  /** What a valid value is, as the end of "pass …". */
  readonly expects: string;
  /** Undefined where the value is invalid. */
  read(text: string): T | undefined;
}

/** A flag with a value. */
interface ValueFlag<T> {
  readonly kind: FlagKind<T>;
  /** As written on the command line. `null`: optional, without a default. Left out: the flag is required. */
  readonly default?: string | number | null;
  /** One sentence for `--help`. */
  readonly description: string;
}

/** A flag without a value: present or absent. */
interface SwitchFlag {
  readonly kind: 'switch';
  readonly description: string;
}

type Flag = ValueFlag<unknown> | SwitchFlag;

/** The flags of a program, by name without the dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

type FlagValue<F> = F extends { readonly kind: FlagKind<infer T> }
  ? F extends { readonly default: null }
    ? T | undefined
    : T
  : boolean;

/** The values read from a command line, by flag name. */
export type Flags<Table extends FlagTable> = { readonly [K in keyof Table]: FlagValue<Table[K]> };

type RequiredName<Table extends FlagTable> = {
  [K in keyof Table]: Table[K] extends SwitchFlag | { readonly default: unknown } ? never : K;
}[keyof Table];

/** Values of flags as written on a command line. An undefined value leaves its flag out. */
export type FlagArgs<Table extends FlagTable> = {
  readonly [K in RequiredName<Table>]: string | number;
} & {
  readonly [K in keyof Table]?:
    (Table[K] extends SwitchFlag ? boolean : string | number) | undefined;
};

/** The command-line arguments for `values`, in their order. */
export function argsOf<Table extends FlagTable>(
  _table: Table,
  values: NoInfer<FlagArgs<Table>>,
): string[] {
  return Object.entries<string | number | boolean | undefined>(values).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}=${value}`];
  });
}

/** One line for each flag: name, description, default. */
export function helpOf(table: FlagTable): string {
  const names = Object.keys(table).map((name) => `  --${name}`);
  const width = Math.max(...names.map((name) => name.length));
  const lines = Object.values(table).map(
    (flag, i) => `${names[i]?.padEnd(width)}  ${flag.description}${remark(flag)}\n`,
  );
  return lines.join('');
}

function remark(flag: Flag): string {
  if (flag.kind === 'switch' || flag.default === null) return '';
  return flag.default === undefined ? ' [required]' : ` [default: ${flag.default}]`;
}

/**
 * Reads `argv` by the table. Reports all problems together: unknown, repeated and missing flags, positionals, invalid values.
 * @throws SandboxError `USAGE_INVALID`
 */
export function readFlags<const Table extends FlagTable>(
  table: Table,
  argv: readonly string[],
): Flags<Table> {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { kind }]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const) },
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
    if (!Object.hasOwn(table, token.name)) problems.push(unknown(token.rawName));
    else if (given.has(token.name))
      problems.push({ path: token.rawName, reason: 'is given twice', fix: 'pass it once' });
    else given.set(token.name, isFlag(token) ? undefined : token.value);
  }
  const values = new Map<string, unknown>();
  for (const [name, flag] of Object.entries(table)) {
    const outcome = readFlag(name, flag, given);
    if ('problem' in outcome) problems.push(outcome.problem);
    else values.set(name, outcome.value);
  }
  refuse(SHARED_ERRORS.USAGE_INVALID, problems);
  return Object.fromEntries(values) as Flags<Table>;
}

function readFlag(
  name: string,
  flag: Flag,
  given: ReadonlyMap<string, string | undefined>,
): { readonly value: unknown } | { readonly problem: Problem } {
  const path = `--${name}`;
  const text = given.get(name);
  if (flag.kind === 'switch') {
    if (text !== undefined)
      return { problem: { path, reason: 'takes no value', fix: `write ${path} alone` } };
    return { value: given.has(name) };
  }
  const { kind } = flag;
  if (!given.has(name)) {
    if (flag.default === undefined)
      return { problem: { path, reason: 'is required', fix: `add ${path} with ${kind.expects}` } };
    return { value: flag.default === null ? undefined : kind.read(String(flag.default)) };
  }
  const value = text === undefined ? undefined : kind.read(text);
  if (value === undefined)
    return {
      problem: { path, reason: `"${text ?? ''}" is invalid`, fix: `pass ${kind.expects}` },
    };
  return { value };
}

/** Whether the next flag stands in place of the value. */
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
  return { path: text, reason: 'is not a flag of this program', fix: 'remove it; see --help' };
}

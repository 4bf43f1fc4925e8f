/** Asks the Go libraries themselves: builds `main.go` once per content into the cache, which needs Go, and sends it questions in batches. */
import { spawnSync } from 'node:child_process';
import { goBinary } from '../../local/toolchain/binaries';

export type Question =
  | { readonly op: 'quantity' | 'image'; readonly text: string }
  | { readonly op: 'resources'; readonly pod: unknown }
  | { readonly op: 'compare'; readonly text: string; readonly other: string };

/** A number, `unscaled * 10^-scale`. */
export interface Value {
  readonly unscaled: string;
  readonly scale: number;
}

export interface Answer {
  readonly error?: string;
  readonly value?: Value;
  /** Sign of the comparison; 0 for other questions. */
  readonly cmp: number;
  readonly requests?: Readonly<Record<string, Value>>;
  readonly limits?: Readonly<Record<string, Value>>;
  readonly registry?: string;
  readonly repository?: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** The answers, in the order of the questions. */
export async function askOracle(questions: readonly Question[]): Promise<readonly Answer[]> {
  const oracle = await goBinary({ moduleDir: __dirname, package: '.', name: 'oracle' });
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const { stdout, stderr, status, error } = spawnSync(oracle, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 29,
    timeout: 120_000,
  });
  if (error !== undefined || status !== 0)
    throw new Error(`The oracle failed: ${stderr}`, { cause: error });
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  if (answers.length !== questions.length) {
    throw new Error(`The oracle gave ${answers.length} answers to ${questions.length} questions`);
  }
  return answers;
}

/** The value in nano-units, saturated at 100 digits as `parseQuantity` saturates it. */
export function nanoOf({ unscaled, scale }: Value): bigint {
  const value = BigInt(unscaled);
  const magnitude = value < 0n ? -value : value;
  if (magnitude === 0n) return 0n;
  if (magnitude.toString().length - scale + 9 > 100)
    return value < 0n ? -(10n ** 100n) : 10n ** 100n;
  if (scale <= 9) return value * 10n ** BigInt(9 - scale);
  throw new Error(`The oracle gave more precision than a nano-unit: ${unscaled} scale ${scale}`);
}

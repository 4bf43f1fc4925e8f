/** Asks the Go libraries themselves: builds `main.go` once per content into the cache and sends it questions in batches. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

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
export function askOracle(questions: readonly Question[]): readonly Answer[] {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const { stdout, stderr, status, error } = spawnSync(oracleBinary(), {
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

function oracleBinary(): string {
  const sources = ['go.mod', 'go.sum', 'main.go'].map((name) =>
    readFileSync(join(__dirname, name)),
  );
  const hash = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16);
  const directory = join(cacheRoot(), 'bin');
  const binary = join(directory, `oracle-${hash}`);
  if (existsSync(binary)) return binary;
  mkdirSync(directory, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  try {
    execFileSync('go', ['build', '-trimpath', '-o', unfinished, '.'], {
      cwd: __dirname,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
    });
  } catch (cause) {
    const reason =
      'These tests compare with the Go libraries of Kubernetes and need a Go toolchain';
    throw new Error(`${reason}: "go build" in test/oracle failed`, { cause });
  }
  renameSync(unfinished, binary);
  return binary;
}

function cacheRoot(): string {
  const { SECURE_AI_CACHE, XDG_CACHE_HOME } = process.env;
  if (SECURE_AI_CACHE) return SECURE_AI_CACHE;
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'secure-ai-sandbox');
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

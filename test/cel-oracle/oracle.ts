/** Asks the admission plugins of the API server: builds this Go module once per content into the cache, which needs Go. */
import { spawn } from 'node:child_process';
import { goBinary } from '../../local/toolchain/binaries';

const TIMEOUT_MILLISECONDS = 240_000;

/** A request for a pod; an update where it has an old object. */
export interface Request {
  readonly object: unknown;
  readonly oldObject?: unknown;
  readonly namespace: string;
  /** Value of the label that turns the platform on for the namespace. */
  readonly enabled: 'true' | 'false';
  readonly subresource?: 'ephemeralcontainers' | 'resize';
}

export interface Question {
  readonly validating?: readonly object[];
  readonly mutating?: readonly object[];
  readonly requests: readonly Request[];
}

export interface Outcome {
  /** Why the API server cannot decode the pod; then nothing else is said. */
  readonly undecodable?: string;
  /** The pods as the policies see them. */
  readonly seen?: unknown;
  readonly seenOld?: unknown;
  /** By name of the policy, of those that match the request; an empty message admits. */
  readonly validated: Readonly<
    Record<string, { readonly message: string; readonly failed: boolean; readonly cost: number }>
  >;
  readonly mutated: Readonly<
    Record<string, { readonly pod?: unknown; readonly error?: string; readonly cost: number }>
  >;
}

export interface Answer {
  /** Why the API server would not take the policies; then there are no answers. */
  readonly errors?: readonly string[];
  readonly answers: readonly Outcome[];
}

/** Builds the oracle where it is not in the cache yet; takes minutes then. */
export function buildCelOracle(): Promise<string> {
  return goBinary({ moduleDir: __dirname, package: '.', name: 'cel-oracle' });
}

/** The answers, in the order of the questions. */
export async function askCel(questions: readonly Question[]): Promise<readonly Answer[]> {
  const binary = await buildCelOracle();
  const stdout = await run(binary, questions.map((one) => JSON.stringify(one)).join('\n'));
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  if (answers.length !== questions.length) {
    throw new Error(`cel-oracle gave ${answers.length} answers to ${questions.length} questions`);
  }
  return answers;
}

function run(binary: string, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, { timeout: TIMEOUT_MILLISECONDS, killSignal: 'SIGKILL' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new Error(`cel-oracle failed: ${Buffer.concat(stderr).toString()}`));
    });
    child.stdin.on('error', () => undefined); // Its exit says why it stopped reading.
    child.stdin.end(input);
  });
}

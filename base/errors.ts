/**
 * The one error class of this project. Every error has a stable code that scripts may test for. Each folder lists the codes it
 * throws in its own `errors.ts`; docs/errors.md is generated from all of them.
 */

/** Exit code of a command that fails with an error code: 1 verification or policy failure, 2 usage, 3 environment. */
export type ExitCode = 1 | 2 | 3;

/** One entry of a folder's `errors.ts`. */
export interface ErrorKind {
  readonly code: string;
  readonly exit: ExitCode;
  /** One sentence for docs/errors.md. */
  readonly summary: string;
}

/** Adds to each entry its code, which is its key. */
export function errorTable<const Code extends string>(
  entries: Readonly<Record<Code, Omit<ErrorKind, 'code'>>>,
): Readonly<Record<Code, ErrorKind>> {
  const kinds = Object.entries<Omit<ErrorKind, 'code'>>(entries).map(([code, entry]) => [
    code,
    { code, ...entry },
  ]);
  return Object.fromEntries(kinds) as Record<Code, ErrorKind>;
}

/** Codes that more than one folder throws. */
export const SHARED_ERRORS = errorTable({
  USAGE_INVALID: {
    exit: 2,
    summary:
      'A command line names something that does not exist, or combines options that conflict.',
  },
  CHART_INVALID: {
    exit: 2,
    summary: 'The synthesized objects break a rule that every deployment must keep.',
  },
});

/** One problem: where it is, why it is one, and how to fix it. */
export interface Problem {
  /** Where the problem is, as a path a reader can follow: `rules[2].when.container.image`, a file, a flag, an object. */
  readonly path: string;
  readonly reason: string;
  /** What the reader can do, as an imperative in lower case. */
  readonly fix: string;
}

/** An error with a stable code that names every problem found, not only the first. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';

  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(
    kind: ErrorKind,
    readonly problems: readonly [Problem, ...Problem[]],
    options?: ErrorOptions,
  ) {
    super(formatProblems(kind.code, problems), options);
    this.code = kind.code;
    this.exitCode = kind.exit;
  }
}

/** @throws SandboxError with all of `problems`, if any exist */
export function refuse(kind: ErrorKind, problems: readonly Problem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new SandboxError(kind, [first, ...rest]);
}

function formatProblems(code: string, problems: readonly Problem[]): string {
  return problems.map((p) => `${code} ${p.path}: ${p.reason}. Fix: ${p.fix}`).join('\n');
}

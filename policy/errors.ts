/**
 * The catalogue of error codes, and the one error class that carries them.
 * A code is stable: scripts may test for it. docs/errors.md is written from this table.
 */

/** How a command that fails with a code exits: 1 verification or policy failure, 2 usage, 3 environment. */
export type ExitCode = 1 | 2 | 3;

export const ERROR_CATALOGUE = {
  POLICY_INVALID: { exit: 2, summary: 'The policy does not have the shape or meaning a policy needs.' },
  CONFIG_INVALID: { exit: 2, summary: 'The sandbox configuration does not have the shape it needs.' },
  QUANTITY_INVALID: { exit: 2, summary: 'A text is not a Kubernetes quantity.' },
  IMAGE_INVALID: { exit: 2, summary: 'A text is not an image reference.' },
} as const satisfies Record<string, { exit: ExitCode; summary: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One thing that is wrong: where, why, and what to do about it. */
export interface Problem {
  /** Where it is, as a path a reader can follow: `rules[2].when.container.image`, a file, a flag, an object. */
  readonly path: string;
  readonly reason: string;
  /** What the reader can do about it, as an instruction. */
  readonly fix: string;
}

/** An error with a stable code that names every problem found, not only the first. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';

  constructor(
    readonly code: ErrorCode,
    readonly problems: readonly [Problem, ...Problem[]],
    options?: ErrorOptions,
  ) {
    super(formatProblems(code, problems), options);
  }

  get exitCode(): ExitCode {
    return ERROR_CATALOGUE[this.code].exit;
  }
}

function formatProblems(code: ErrorCode, problems: readonly Problem[]): string {
  return problems.map((p) => `${code} ${p.path}: ${p.reason}. Fix: ${p.fix}`).join('\n');
}

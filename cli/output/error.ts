/** Errors as text for people. */
import colors from 'picocolors';
import { SandboxError } from '../../base/errors';

/** Every problem with its fix. An error without a code is a fault of this program; its stack belongs in a bug report. */
export function renderError(error: unknown): string {
  if (!(error instanceof SandboxError)) {
    const stack = error instanceof Error ? error.stack : String(error);
    return `${colors.red('UNEXPECTED')} This is a fault of secure-ai itself.\n${stack}\n`;
  }
  const problems = error.problems.map(
    ({ path, reason, fix }) =>
      `  ${colors.bold(path)}: ${reason}\n    ${colors.dim('Fix:')} ${fix}\n`,
  );
  return `${colors.red(error.code)}\n${problems.join('')}`;
}

/** Lints of the settings, for the programs that read a settings file to print. */
import type { SandboxConfig } from './config';
import type { Lint } from '../policy/lint/codes';
import { lintPolicy } from '../policy/lint/lint';

/** Paths start at the settings, as those of the problems that `defineSandbox` reports: `policy.rules[2].when`. */
export function configLints({ policy }: SandboxConfig): readonly Lint[] {
  return lintPolicy(policy).map((lint) => ({ ...lint, path: `policy.${lint.path}` }));
}

/**
 * One line, without its end.
 *
 * @param file the settings file, as the reader knows it
 */
export function lintText({ code, path, reason, fix }: Lint, file: string): string {
  return `${file}: ${code} ${path}: ${reason}. Fix: ${fix}`;
}

/** The lints of the settings, on stderr. */
import { refuse } from '../../base/errors';
import { CLI_ERRORS } from '../errors';
import type { Session } from '../options';

/**
 * @param strict whether a lint is an error. @default false
 * @throws SandboxError LINTS_FOUND with every lint, where they are errors; as `loadConfig`
 */
export async function reportLints({ stderr }: Session, strict = false): Promise<void> {
  const { loadConfig, SETTINGS_FILE } = await import('../settings');
  const { configLints, lintText } = await import('../../constructs/lints');
  const lints = configLints(await loadConfig());
  if (strict) {
    refuse(
      CLI_ERRORS.LINTS_FOUND,
      lints.map(({ code, path, reason, fix }) => ({ path, reason: `${reason} (${code})`, fix })),
    );
  }
  for (const lint of lints) stderr.write(`${lintText(lint, SETTINGS_FILE)}\n`);
}

/** The error of a node that does not start, with the end of its log. */
import { SandboxError } from '../../base/errors';
import { LOCAL_ERRORS } from '../errors';
import { tailOf } from '../processes/spawn';

/** The error of a node's start, with the end of the log that explains it. */
export async function startError(
  path: string,
  reason: string,
  logFile: string,
): Promise<SandboxError> {
  const tail = await tailOf(logFile, 15);
  return new SandboxError(LOCAL_ERRORS.NODE_START_FAILED, [
    {
      path,
      reason: tail === '' ? reason : `${reason}; its log ends with:\n${tail}`,
      fix: `read ${logFile}, then start again; \`secure-ai down\` removes the remains`,
    },
  ]);
}

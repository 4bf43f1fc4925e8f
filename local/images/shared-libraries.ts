/** Finds the shared libraries of a program. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Paths of the shared libraries and the loader that `program` needs, as ldd(1) lists them;
 * none for a static program, for which ldd fails.
 */
export async function sharedLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }));
  return parseLdd(stdout);
}

/** Lines are `name => /path (address)`, or `/path (address)` for the loader; a line without a path is the kernel's. */
export function parseLdd(output: string): string[] {
  return output.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

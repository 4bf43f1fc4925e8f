/** Finds each tool: installed, cached, downloaded or built. */
import { progressOf, type ProgressOptions, type Task } from '../progress';
import { cachedBinary, goBinary } from './binaries';
import { download } from './download';
import { findInstalled } from './installed';
import { LDFLAGS, toolNamed, type Tool, type ToolName } from './tools';

/**
 * Paths of programs of exactly the pinned versions. Each comes from the first place that has it: installed
 * (`$KUBEBUILDER_ASSETS`, `$PATH`), the cache, the publisher's release (unless `SECURE_AI_DOWNLOAD=off`), or a build from
 * the pinned Go module, which takes minutes the first time.
 * @throws SandboxError TOOLCHAIN_*, LOCAL_LOCKED
 */
export async function resolveTools<const Name extends ToolName>(
  names: readonly Name[],
  { onProgress, signal }: ProgressOptions = {},
): Promise<Record<Name, string>> {
  const report = progressOf('toolchain', onProgress);
  const paths: Partial<Record<Name, string>> = {};
  for (const [index, name] of names.entries()) {
    const tool = toolNamed(name);
    const place = `${name} ${tool.version} (${index + 1} of ${names.length})`;
    paths[name] = await resolveTool(tool, {
      signal,
      report: (what, count) => report(`${what} ${place}`, count),
    });
  }
  return paths as Record<Name, string>;
}

async function resolveTool(tool: Tool, { signal, report }: Task): Promise<string> {
  const program = { ...tool, ldflags: LDFLAGS };
  const present = (await findInstalled(tool)) ?? (await cachedBinary(program));
  if (present !== undefined) return present;
  const { release } = tool;
  const fetch = async (target: string): Promise<boolean> => {
    if (release === undefined || process.env.SECURE_AI_DOWNLOAD === 'off') return false;
    report('download');
    return download(release, target, signal);
  };
  report('prepare');
  return goBinary(program, {
    signal,
    fetch,
    onWait: (pid) => report(`wait for process ${pid} to finish`),
    onPackage: (done, total) => report('build', { done, total }),
  });
}

/** Builds a Go program, with progress and clear errors. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { SandboxError } from '../../base/errors';
import { VERSIONS } from '../../base/versions';
import { LOCAL_ERRORS } from '../errors';

const run = promisify(execFile);

/** Lines of the compiler's output an error carries. */
const TAIL_LINES = 20;

export interface GoBuild {
  readonly moduleDir: string;
  readonly package: string;
  readonly ldflags: string;
  /** File to write; an existing one is replaced. */
  readonly output: string;
  readonly signal?: AbortSignal | undefined;
  /** After each compiled package; `total` counts those that were not in Go's own cache. */
  readonly onPackage?: (compiled: number, total: number) => void;
}

/** Flags that determine the result, besides the sources. */
export function buildFlags(ldflags: string): string[] {
  return ['-trimpath', '-buildvcs=false', '-ldflags', ldflags];
}

/**
 * Builds a Go program without cgo.
 * @throws SandboxError TOOLCHAIN_NO_GO, TOOLCHAIN_DISK_FULL, TOOLCHAIN_BUILD_FAILED
 */
export async function goBuild(build: GoBuild): Promise<void> {
  const total = await countStale(build);
  const args = ['build', '-v', ...buildFlags(build.ldflags), '-o', build.output, build.package];
  const child = spawn('go', args, {
    cwd: build.moduleDir,
    env: goEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // SIGINT is the one signal on which the go command removes its work folder.
  const interrupt = (): void => void child.kill('SIGINT');
  build.signal?.addEventListener('abort', interrupt);
  try {
    const exited = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    exited.catch(() => undefined);
    const tail: string[] = [];
    let compiled = 0;
    for await (const line of createInterface({ input: child.stderr })) {
      if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line))
        build.onPackage?.((compiled += 1), Math.max(total, compiled));
      else tail.push(line);
    }
    const code = await exited;
    build.signal?.throwIfAborted();
    if (code !== 0) throw buildError(build, tail.slice(-TAIL_LINES).join('\n'));
  } finally {
    build.signal?.removeEventListener('abort', interrupt);
  }
}

async function countStale(build: GoBuild): Promise<number> {
  const format = '{{if .Stale}}{{.ImportPath}}{{end}}';
  const args = ['list', '-deps', ...buildFlags(build.ldflags), '-f', format, build.package];
  try {
    const { stdout } = await run('go', args, {
      cwd: build.moduleDir,
      env: goEnvironment(),
      maxBuffer: 64 << 20,
      ...(build.signal && { signal: build.signal }),
    });
    return stdout.split('\n').filter(Boolean).length;
  } catch (error) {
    build.signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noGo(build);
    throw buildError(build, String((error as { stderr?: string }).stderr ?? error));
  }
}

function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: '0' };
}

function noGo(build: GoBuild): SandboxError {
  return new SandboxError(LOCAL_ERRORS.TOOLCHAIN_NO_GO, [
    {
      path: build.package,
      reason:
        'it is neither installed nor cached, cannot be downloaded, and PATH has no "go" to build it with',
      fix: `install Go ${VERSIONS.go} or later (https://go.dev/dl)`,
    },
  ]);
}

function buildError(build: GoBuild, output: string): SandboxError {
  const full = /no space left on device|disk quota exceeded/i.test(output);
  return new SandboxError(
    full ? LOCAL_ERRORS.TOOLCHAIN_DISK_FULL : LOCAL_ERRORS.TOOLCHAIN_BUILD_FAILED,
    [
      {
        path: build.package,
        reason: `go build in ${build.moduleDir} ended with:\n${output}`,
        fix: full
          ? 'free disk space: a first build fills about 7 GB of build cache and 4 GB of modules; GOCACHE, GOTMPDIR and GOMODCACHE move them'
          : `run \`go build ${build.package}\` in that folder to see the whole output`,
      },
    ],
  );
}

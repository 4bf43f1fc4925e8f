/** The parts of containerd's configuration that matter to a runtime handler (containerd docs/man/containerd-config.toml.5.md). */
import { basename, dirname, isAbsolute, join } from 'node:path';
import { parse } from 'smol-toml';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import { globMatches } from '../../base/glob';

/** 2: containerd 1.x and later. 3: 2.0 and later. 4: 2.3 and later (containerd v2.3.7, version/version.go). */
export type ConfigVersion = 2 | 3 | 4;

export interface ContainerdConfig {
  readonly version: ConfigVersion;
  /** Files and patterns as written. containerd reads those of the main file, and of what it imports in turn. */
  readonly imports: readonly string[];
  readonly content: TomlTable;
}

export type TomlTable = Readonly<Record<string, unknown>>;

/** @throws SandboxError `GVISOR_CONTAINERD_UNKNOWN` */
export function parseConfig(path: string, text: string): ContainerdConfig {
  const content = parseToml(path, text);
  const { version, imports = [] } = content;
  if (version !== 2 && version !== 3 && version !== 4) {
    throw unknown(
      path,
      version === undefined
        ? 'does not state the version of its configuration'
        : `has version ${JSON.stringify(version)}, which this installer does not support`,
      'convert it to version 2, 3 or 4 with `containerd config migrate`',
    );
  }
  if (!Array.isArray(imports) || !imports.every((item) => typeof item === 'string'))
    throw unknown(path, '`imports` is not a list of strings', 'make it a list of strings');
  return { version, imports, content };
}

/** The plugin that holds the runtimes (containerd v2.3.7, internal/cri/config; docs/containerd-2.0.md, "CRI plugin"). */
export function runtimePlugin(version: ConfigVersion): string {
  return version === 2 ? 'io.containerd.grpc.v1.cri' : 'io.containerd.cri.v1.runtime';
}

/** The table of the runtimes by handler, if it exists, whatever version the file states. */
export function runtimesOf({ content }: ContainerdConfig): TomlTable | undefined {
  for (const version of [3, 2] as const) {
    const runtimes = tableAt(content, [
      'plugins',
      runtimePlugin(version),
      'containerd',
      'runtimes',
    ]);
    if (runtimes !== undefined) return runtimes;
  }
  return undefined;
}

function tableAt(table: TomlTable, path: readonly string[]): TomlTable | undefined {
  let found: unknown = table;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as TomlTable)[key];
  }
  return typeof found === 'object' && found !== null ? (found as TomlTable) : undefined;
}

/** An import as containerd reads it: relative to the file it stands in (v2.3.7, config.go, resolveImports). */
export function importPattern(importing: string, pattern: string): string {
  return isAbsolute(pattern) ? join(pattern) : join(dirname(importing), pattern);
}

/** Whether `pattern` matches the file at `path`. Patterns with `*` in a directory are never followed. */
export function imports(pattern: string, path: string): boolean {
  return dirname(pattern) === dirname(path) && globMatches(basename(pattern), basename(path));
}

function parseToml(path: string, text: string): TomlTable {
  try {
    return parse(text);
  } catch (error) {
    const [said = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw unknown(path, `cannot be read as TOML: ${said}`, 'repair it');
  }
}

export function unknown(path: string, reason: string, fix: string): SandboxError {
  return new SandboxError(INSTALLER_ERRORS.GVISOR_CONTAINERD_UNKNOWN, [{ path, reason, fix }]);
}

/** Plans how to add the handler to containerd's configuration on one host: which files need which content. Works on strings only. */
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SandboxError } from '../../base/errors';
import { INSTALLER_ERRORS } from '../errors';
import { publishedDirectory } from '../host/layout';
import { RUNSC, SHIM } from '../release/release';
import {
  importPattern,
  imports,
  parseConfig,
  runtimePlugin,
  runtimesOf,
  unknown,
  type ConfigVersion,
  type ContainerdConfig,
} from './config';
import { withBlockAtEnd, withBlockAtStart, withImport, withoutEdits } from './edits';

const DROP_IN = 'secure-ai-gvisor.toml';

/** Default directory of drop-ins, unless the configuration imports another one: containerd's own since 2.2 (v2.3.7, defaults). */
const DROP_IN_DIRECTORY = 'conf.d';

/** A file of containerd's configuration. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** The configuration as found. */
export interface FoundConfig {
  /** Path of the main file. */
  readonly path: string;
  /** Its content without this installer's edits, or undefined if it would not exist, so that containerd would use its defaults. */
  readonly clean: string | undefined;
  /** Whether its owner rewrites it at every start, as k3s does, so that an edit would not last. */
  readonly generated: boolean;
  /** Files it imports, without this installer's drop-in. */
  readonly imported: readonly ConfigFile[];
  /** 1 or 2, as containerd reports it. */
  readonly majorVersion: 1 | 2;
}

/** The files that must exist. */
export interface Wiring {
  /** This installer's own file, which containerd imports. */
  readonly dropIn: ConfigFile | undefined;
  /** The main file, if it must differ from its content without edits. */
  readonly config: ConfigFile | undefined;
}

/** The main file without this installer's edits. @throws SandboxError `GVISOR_CONTAINERD_UNKNOWN` */
export function withoutUs(path: string, text: string): string {
  return withoutEdits(path, text, ownPattern(path));
}

/**
 * An import of only this installer's drop-in: other files in that directory stay unread. It is a pattern because a pattern
 * that matches nothing is no error, while a missing file keeps containerd from starting.
 */
function ownPattern(configPath: string): string {
  return join(dirname(configPath), DROP_IN_DIRECTORY, DROP_IN.replace('.toml', '*.toml'));
}

/** Whether `path` is this installer's drop-in, in any imported directory below the configuration's. */
export function isDropIn(configPath: string, path: string): boolean {
  return path.endsWith(`/${DROP_IN}`) && path.startsWith(`${dirname(configPath)}/`);
}

/** The shim that containerd starts for `handler`. It identifies the installation, whose name its directory has. */
export function shimPath(id: string): string {
  return join(publishedDirectory(id), SHIM);
}

/** The shim's own configuration (gvisor.dev/gvisor pkg/shim/v1/runsc/options.go): an absolute path, so PATH does not matter. */
export function shimConfig(id: string, runscConfig: Readonly<Record<string, string>>): string {
  const flags = Object.entries(runscConfig).map(([name, value]) => `${name} = "${value}"\n`);
  return `binary_name = "${join(publishedDirectory(id), RUNSC)}"\n\n[runsc_config]\n${flags.join('')}`;
}

export const SHIM_CONFIG = 'runsc.toml';

/**
 * containerd 2 merges plugin sections of imported files, so a drop-in is enough, which the main file imports or is edited to import. containerd 1
 * replaces whole sections (containerd#9982, #5837), so the installer edits the main file itself.
 *
 * @throws SandboxError `GVISOR_CONTAINERD_UNKNOWN`, `GVISOR_HANDLER_TAKEN`
 */
export function planWiring(found: FoundConfig, handler: string, id: string): Wiring {
  const { clean } = found;
  const config = clean === undefined ? undefined : parseConfig(found.path, clean);
  const taken = [
    ...(config === undefined ? [] : [{ path: found.path, config }]),
    ...found.imported.map(({ path, text }) => ({ path, config: parseConfig(path, text) })),
  ].find((file) => Object.hasOwn(runtimesOf(file.config) ?? {}, handler));
  if (taken !== undefined) throw handlerTaken(taken.path, handler);

  if (clean === undefined || config === undefined) return wiringOfNone(found, handler, id);
  if (config.version === 2) return wiringByBlock(found, { clean, config }, handler, id);
  return wiringByDropIn(found, { clean, config }, handler, id);
}

/** Without a main file containerd reads no drop-in, not even in 2.2 and later (v2.3.7, cmd/containerd/command/main.go). */
function wiringOfNone(found: FoundConfig, handler: string, id: string): Wiring {
  if (found.generated)
    throw unknown(found.path, 'does not exist yet', 'start the distribution that writes it');
  const version = found.majorVersion === 1 ? 2 : 3;
  const block = `version = ${version}\n${handlerTables(version, handler, id, version === 2)}`;
  return {
    dropIn: undefined,
    config: checked({ path: found.path, text: withBlockAtEnd('', block) }, handler, id),
  };
}

interface CleanConfig {
  readonly clean: string;
  readonly config: ContainerdConfig;
}

function wiringByBlock(
  found: FoundConfig,
  { clean, config }: CleanConfig,
  handler: string,
  id: string,
): Wiring {
  if (found.generated) {
    throw unknown(
      found.path,
      'is generated, and in version 2 of the configuration a drop-in would replace the existing runtimes',
      'update the distribution to a version with containerd 2 (k3s and rke2: v1.31.6, v1.32.2 or later)',
    );
  }
  const block = handlerTables(2, handler, id, runtimesOf(config) === undefined);
  return {
    dropIn: undefined,
    config: checked({ path: found.path, text: withBlockAtEnd(clean, block) }, handler, id),
  };
}

function wiringByDropIn(
  found: FoundConfig,
  { clean, config }: CleanConfig,
  handler: string,
  id: string,
): Wiring {
  const text = (path: string) =>
    checked(
      {
        path,
        text: `version = ${config.version}\n${handlerTables(config.version, handler, id, false)}`,
      },
      handler,
      id,
    );
  const directory = dirname(found.path);
  const imported = config.imports
    .map((pattern) => importPattern(found.path, pattern))
    .map((pattern) => ({ pattern, path: join(dirname(pattern), DROP_IN) }))
    .find(({ pattern, path }) => isDropIn(found.path, path) && imports(pattern, path));
  if (imported !== undefined) return { dropIn: text(imported.path), config: undefined };
  if (found.generated) {
    throw unknown(
      found.path,
      `is generated and imports no directory below ${directory}`,
      'update the distribution to a version that imports drop-ins, or add an import to its template',
    );
  }
  return {
    dropIn: text(join(directory, DROP_IN_DIRECTORY, DROP_IN)),
    config: { path: found.path, text: withOwnImport(found.path, clean, config) },
  };
}

function withOwnImport(path: string, clean: string, config: ContainerdConfig): string {
  const pattern = ownPattern(path);
  const text = Object.hasOwn(config.content, 'imports')
    ? withImport(clean, pattern)
    : withBlockAtStart(clean, `imports = [${JSON.stringify(pattern)}]\n`);
  const wanted = { ...config.content, imports: [pattern, ...config.imports] };
  if (text === undefined || !isDeepStrictEqual({ ...parseConfig(path, text).content }, wanted)) {
    throw unknown(
      path,
      'writes `imports` in a form that cannot be extended safely',
      `add ${JSON.stringify(pattern)} to it, or write it as \`imports = [...]\` on a separate line`,
    );
  }
  return text;
}

/**
 * @param withRunc whether to define the built-in handler too: in containerd 1 a table of runtimes replaces the built-in one,
 *   and without `runc` no pod would start (its decoder, github.com/pelletier/go-toml v1.9.5, decodes into a new map each time)
 */
function handlerTables(
  version: ConfigVersion,
  handler: string,
  id: string,
  withRunc: boolean,
): string {
  const runtimes = `plugins."${runtimePlugin(version)}".containerd.runtimes`;
  const runc = `[${runtimes}.runc]\nruntime_type = "io.containerd.runc.v2"\n`;
  return `${withRunc ? runc : ''}[${runtimes}.${handler}]
runtime_type = "io.containerd.runsc.v1"
runtime_path = "${shimPath(id)}"
[${runtimes}.${handler}.options]
TypeUrl = "io.containerd.runsc.v1.options"
ConfigPath = "${join(publishedDirectory(id), SHIM_CONFIG)}"
`;
}

/** A last check before writing: the parsed result must have the intended meaning, whatever the file held before. */
function checked(file: ConfigFile, handler: string, id: string): ConfigFile {
  const wired = runtimesOf(parseConfig(file.path, file.text))?.[handler] as
    { readonly runtime_path?: unknown } | undefined;
  if (wired?.runtime_path === shimPath(id)) return file;
  throw unknown(file.path, 'cannot be extended by a handler', 'write its tables as `[plugins.…]`');
}

export function handlerTaken(path: string, handler: string): SandboxError {
  return new SandboxError(INSTALLER_ERRORS.GVISOR_HANDLER_TAKEN, [
    {
      path,
      reason: `already defines the handler ${handler} differently`,
      fix: 'remove that definition, or exclude the node from this installer if gVisor is installed by other means',
    },
  ]);
}

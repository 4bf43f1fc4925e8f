/** What containerd makes of a configuration: the handlers it has after a start. For runtimes that tests put in its place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'smol-toml';

interface ConfigFile {
  readonly imports?: readonly string[];
  readonly plugins?: Readonly<
    Record<
      string,
      { containerd?: { runtimes?: Record<string, { readonly runtime_path?: string }> } } | undefined
    >
  >;
}

const PLUGINS = ['io.containerd.cri.v1.runtime', 'io.containerd.grpc.v1.cri'];

/** Shim by handler. @throws Error where a file cannot be read as TOML, which keeps containerd from starting */
export function configuredHandlers(root: string, config: string): Record<string, string> {
  const handlers: Record<string, string> = { runc: '' };
  const pending = existsSync(join(root, config)) ? [config] : [];
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    const { imports = [], plugins = {} } = parse(
      readFileSync(join(root, path), 'utf8'),
    ) as ConfigFile;
    const runtimes =
      plugins[PLUGINS.find((name) => name in plugins) ?? '']?.containerd?.runtimes ?? {};
    for (const [handler, { runtime_path: shim = '' }] of Object.entries(runtimes))
      handlers[handler] = shim;
    pending.push(...imports.flatMap((pattern) => matching(root, pattern)));
  }
  return handlers;
}

function matching(root: string, pattern: string): string[] {
  const directory = dirname(pattern);
  if (!pattern.includes('*')) return [pattern];
  const [before = '', after = ''] = pattern.slice(directory.length + 1).split('*');
  const names = existsSync(join(root, directory)) ? readdirSync(join(root, directory)) : [];
  return names
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => join(directory, name));
}

/** The command line of a container as a host process. */
import type { FlagRule, HostImage } from './images';
import type { Container } from './objects';

/** The host's counterparts of a container's mounts and ports. */
export interface HostPlaces {
  /** Folder of each mount, by mount path. */
  readonly mounts: ReadonlyMap<string, string>;
  /** Port of the host for each port of the container. */
  readonly ports: ReadonlyMap<number, number>;
}

/**
 * The arguments of the host process that runs `container`: its own, with variables expanded, mounted paths replaced by
 * host folders and ports by the host's. The first word of `command` names the program in the image and is dropped.
 */
export function hostArguments(
  container: Container,
  image: HostImage,
  env: Readonly<Record<string, string>>,
  places: HostPlaces,
): string[] {
  const written = [...(container.command?.slice(1) ?? []), ...(container.args ?? [])];
  const args = written.map((argument) => moveMounts(expandVariables(argument, env), places.mounts));
  for (const rule of image.flags) applyRule(rule, args, places);
  return args;
}

/** Replaces `$(NAME)` by variables that exist; `$$` is a dollar sign (Kubernetes third_party/forked/golang/expansion). */
export function expandVariables(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\$|\(([^()]*)\))/g, (reference, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(env, name) ? (env[name] ?? '') : reference;
  });
}

/** Replaces each path at or below a mount, where it stands alone or behind `=`, `:` or `,`. The deepest mount takes precedence. */
export function moveMounts(text: string, mounts: ReadonlyMap<string, string>): string {
  const paths = [...mounts.keys()].sort((a, b) => b.length - a.length);
  if (paths.length === 0) return text;
  const alternatives = paths.map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const pattern = new RegExp(`(^|[=:,])(${alternatives})(?=$|[/:,])`, 'g');
  return text.replace(
    pattern,
    (_, before: string, path: string) => before + (mounts.get(path) ?? path),
  );
}

/** Changes arguments in place. Given paths have already been replaced, as in any argument. */
function applyRule(rule: FlagRule, args: string[], places: HostPlaces): void {
  const name = rule.flag.replace(/^-+/, '');
  const index = args.findIndex((argument) => new RegExp(`^--?${name}(=|$)`).test(argument));
  const argument = args[index];
  if (argument === undefined) {
    const moved = rule.defaults.map((value) => [value, move(rule, value, places)] as const);
    const used = moved.find(([value, host]) => value !== host);
    if (used) args.push(`${rule.flag}=${used[1]}`);
  } else if (rule.kind !== 'path') {
    const at = argument.indexOf('=');
    if (at >= 0)
      args[index] = argument.slice(0, at + 1) + move(rule, argument.slice(at + 1), places);
    else args[index + 1] = move(rule, args[index + 1] ?? '', places);
  }
}

function move({ kind }: FlagRule, value: string, { mounts, ports }: HostPlaces): string {
  switch (kind) {
    case 'path':
      return moveMounts(value, mounts);
    case 'port':
      return String(ports.get(Number(value)) ?? value);
    case 'address':
      return value.replace(/:(\d+)$/, (_, port: string) => `:${ports.get(Number(port)) ?? port}`);
  }
}

/** The stack's configuration: the cluster, and the platform to deploy to it. All problems are reported together. */
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { inspect } from 'node:util';
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import type { SandboxConfig } from '../constructs';
import packageJson from '../package.json';
import { SandboxError, type Problem } from '../base/errors';
import { INFRA_ERRORS } from './errors';
import { problemsOf } from '../base/zod-problems';
import type { Cluster, ClusterKind } from './clusters/cluster';

const ROOT = join(__dirname, '..');

/** Each kind of cluster, with the SDK of its cloud, is loaded only when a stack uses it. */
const KINDS = {
  existing: async (given: Given) => stackOf((await import('./clusters/existing')).existing, given),
  local: async (given: Given) => stackOf((await import('./clusters/local')).local, given),
  gke: async (given: Given) => stackOf((await import('./clusters/gke')).gke, given),
  eks: async (given: Given) => stackOf((await import('./clusters/eks')).eks, given),
  aks: async (given: Given) => stackOf((await import('./clusters/aks')).aks, given),
} as const;

/** The members of every stack; the kind of cluster defines the others. */
const stackSchema = z.looseObject({
  /** Kind of cluster. */
  cluster: z.enum(Object.keys(KINDS) as [keyof typeof KINDS, ...(keyof typeof KINDS)[]]),
  /** Name of the cluster. @default "secure-ai" */
  name: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes')
    .default('secure-ai'),
  /** File with the settings of the platform, relative to the project. @default "sandbox.config.ts" */
  settings: z.string().min(1).default('sandbox.config.ts'),
});

export interface Stack {
  readonly name: string;
  /** The platform as it goes to this cluster. */
  readonly sandbox: SandboxConfig;
  /** Registers the cluster. */
  create(): Promise<Cluster>;
}

/**
 * Reads and checks the configuration of the current stack. Registers nothing.
 *
 * @param values configuration keys without their namespace
 * @throws pulumi.InputPropertiesError with all problems of the stack and of its settings file
 */
export async function readStack(values: Readonly<Record<string, unknown>>): Promise<Stack> {
  const stack = stackSchema.safeParse(values);
  const named = z.looseObject({ settings: stackSchema.shape.settings }).safeParse(values);
  const platform = named.success ? await loadSettings(named.data.settings) : { problems: [] };
  if (!stack.success) throw invalid([...shapeProblems(stack.error), ...platform.problems]);

  const { cluster, name } = stack.data;
  const own = Object.entries(stack.data).filter(([key]) => !Object.hasOwn(stackSchema.shape, key));
  return KINDS[cluster]({ name, settings: Object.fromEntries(own), platform });
}

/** The configuration of a stack, not yet checked against its kind of cluster. */
interface Given {
  readonly name: string;
  /** The members that belong to the kind of cluster. */
  readonly settings: object;
  readonly platform: Attempt<SandboxConfig>;
}

async function stackOf<Settings>(
  kind: ClusterKind<Settings>,
  { name, settings, platform }: Given,
): Promise<Stack> {
  const { data, error } = kind.schema.safeParse(settings);
  if (error !== undefined) throw invalid([...shapeProblems(error), ...platform.problems]);
  const { value } = platform;
  if (value === undefined) throw invalid(platform.problems);
  const problems = kind.problems(data, value);
  if (problems.length > 0) throw invalid(problems);

  const adapted = await attempt('', async () => (await kind.adapt?.(name, value)) ?? value);
  if (adapted.value === undefined) throw invalid(adapted.problems);
  const sandbox = adapted.value;
  return { name, sandbox, create: () => kind.create(name, data, sandbox) };
}

/** Pulumi requires a value for every key that Pulumi.yaml describes, so optional keys have these defaults there. */
const EMPTY: ReadonlySet<string> = new Set(['', '{}', '[]']);

/** The values of the stack that is deployed, without the namespace of their keys: strings, and parsed JSON. */
export function stackValues(): Readonly<Record<string, unknown>> {
  // The project in Pulumi.yaml has the name of the package.
  const prefix = `${packageJson.name}:`;
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig()).flatMap(([key, text]) =>
      key.startsWith(prefix) && !EMPTY.has(text) ? [[key.slice(prefix.length), plain(text)]] : [],
    ),
  );
}

/** Pulumi passes every value as a string. A version such as "1.36" must stay a string. */
function plain(text: string): unknown {
  return /^\s*[[{]|^(true|false)$/.test(text) ? JSON.parse(text) : text;
}

/** Unknown keys are problems of the stack as a whole. */
function shapeProblems(error: z.ZodError): readonly Problem[] {
  return problemsOf(error).map((problem) => ({ ...problem, path: problem.path || 'stack' }));
}

interface Attempt<Value> {
  readonly value?: Value;
  readonly problems: readonly Problem[];
}

/** The export of the settings file, which `defineSandbox` has checked. */
async function loadSettings(file: string): Promise<Attempt<SandboxConfig>> {
  const path = isAbsolute(file) ? file : join(ROOT, file);
  const none = (reason: string) => ({
    problems: [
      {
        path: 'settings',
        reason,
        fix: 'set it to the path of a file with `export default defineSandbox({…})`, relative to the project',
      },
    ],
  });
  if (!existsSync(path)) return none(`file ${file} does not exist`);
  const loaded = await attempt(`${file} `, async () => {
    const module = (await import(path)) as { readonly default?: SandboxConfig };
    return { exported: module.default };
  });
  if (loaded.value === undefined) return { problems: loaded.problems };
  const { exported } = loaded.value;
  // `defineSandbox` has checked the rest.
  return exported?.policy === undefined
    ? none(`the default export of ${file} is not a configuration`)
    : { value: exported, problems: [] };
}

/** @param place prefix for the path of each problem */
async function attempt<Value>(place: string, act: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await act(), problems: [] };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { problems: error.problems.map((p) => ({ ...p, path: `${place}${p.path}` })) };
  }
}

function invalid(problems: readonly Problem[]): pulumi.InputPropertiesError {
  const lines = problems.map(({ path, reason, fix }) => `  ${path}: ${reason}. Fix: ${fix}`);
  const error = new pulumi.InputPropertiesError({
    message: [`${INFRA_ERRORS.STACK_INVALID.code} This stack cannot be deployed:`, ...lines].join(
      '\n',
    ),
    errors: problems.map(({ path, reason, fix }) => ({
      propertyPath: path,
      reason: `${reason}. Fix: ${fix}`,
    })),
  });
  // Pulumi prints an error as Node formats it, with its stack. The message is enough for a reader who wrote no code.
  Object.defineProperty(error, inspect.custom, { value: () => error.message });
  return error;
}

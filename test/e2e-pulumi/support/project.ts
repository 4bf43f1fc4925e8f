/** This project as its user runs `pulumi` in it: the real engine, provider and language host, with all state in a scratch folder. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import {
  pulumiLanguageHost,
  resolvePulumi,
  type PulumiPrograms,
} from '../../../local/toolchain/pulumi';
import { ROOT } from '../../e2e/support/command';
import { startPulumi, type PulumiResult, type PulumiRun } from './engine';

const STACK = 'e2e';

/** What Pulumi and Node look for in a project folder. Node follows the links, so that the sources run where they are. */
const LINKED = ['Pulumi.yaml', 'infra', 'node_modules', 'package.json', 'tsconfig.json'];

export interface PulumiProject {
  /** For files of the test. */
  readonly folder: string;
  /** Replaces the configuration of the stack; keys without namespace. */
  configure(values: Readonly<Record<string, string>>): void;
  start(...args: string[]): PulumiRun;
  /** Runs a command on the stack to its end. */
  run(...args: string[]): Promise<PulumiResult>;
  /** What the state says is there, by name of the object. */
  recorded(): Promise<string[]>;
  remove(): void;
}

/**
 * A project with an empty stack. The programs are built first where they are not here.
 *
 * @param mark environment of all its processes
 */
export async function makeProject(mark: NodeJS.ProcessEnv): Promise<PulumiProject> {
  const folder = mkdtempSync(join(tmpdir(), 'secure-ai-pulumi-'));
  const path = (...names: string[]) => join(folder, ...names);
  for (const name of LINKED) symlinkSync(join(ROOT, name), path(name));
  for (const name of ['bin', 'home', 'state', 'tmp']) mkdirSync(path(name));

  const programs = await resolvePulumi({ build: true });
  if (programs === undefined) throw new Error('there is no Pulumi, and none was built');
  const bundled = join(dirname(realpathSync(programs.pulumi)), 'pulumi-language-nodejs');
  if (!existsSync(bundled)) writeLanguageHost(path('bin'), await pulumiLanguageHost());
  const env = { ...environment(folder, programs), ...mark };

  let runs = 0;
  const start = (...args: string[]): PulumiRun => {
    const logFile = path(`events-${(runs += 1)}.json`);
    return startPulumi({ pulumi: programs.pulumi, args, folder, env, logFile });
  };
  const run = (...args: string[]) => start(...args).ended;

  const made = await run('stack', 'init', STACK, '--secrets-provider', 'passphrase');
  if (made.status !== 0) throw new Error(`pulumi stack init failed:\n${made.output}`);
  return {
    folder,
    configure: (values) => writeConfiguration(path(`Pulumi.${STACK}.yaml`), values),
    start,
    run,
    recorded: async () => {
      const { output } = await run('stack', 'export');
      const { deployment } = JSON.parse(output) as {
        deployment: { resources?: { urn: string }[] };
      };
      return (deployment.resources ?? []).map(({ urn }) => urn.split('::').slice(3).join('::'));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Ours, with all of Pulumi's settings those of the test. */
function environment(folder: string, { providerFolder }: PulumiPrograms): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([key]) => !key.startsWith('PULUMI_'));
  return {
    ...Object.fromEntries(others),
    PATH: [join(folder, 'bin'), providerFolder, process.env.PATH].join(delimiter),
    // A language host that is killed leaves its pipes there.
    TMPDIR: join(folder, 'tmp'),
    PULUMI_HOME: join(folder, 'home'),
    PULUMI_BACKEND_URL: `file://${join(folder, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'of the test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
  };
}

/** Keeps what Pulumi itself has written to the file: the salt of the secrets. */
function writeConfiguration(file: string, values: Readonly<Record<string, string>>): void {
  const written = existsSync(file) ? (parse(readFileSync(file, 'utf8')) as object) : {};
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`secure-ai-sandbox:${key}`, value]),
  );
  writeFileSync(file, stringify({ ...written, config }));
}

/** The host of `local/toolchain` takes as flags what Pulumi.yaml says under `runtime.options`, and knows only these. */
function writeLanguageHost(folder: string, host: string): void {
  const project = parse(readFileSync(join(ROOT, 'Pulumi.yaml'), 'utf8')) as {
    runtime: { options: { typescript: boolean; nodeargs: string } };
  };
  const { typescript, nodeargs } = project.runtime.options;
  const flags = `-typescript=${typescript} '-nodeargs=${nodeargs}'`;
  writeFileSync(
    join(folder, 'pulumi-language-nodejs'),
    `#!/bin/sh\nexec '${host}' ${flags} "$@"\n`,
    { mode: 0o755 },
  );
}

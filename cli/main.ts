/** The command line: declares the verbs, runs one, and turns its result into output and an exit code. */
import { Command, CommanderError } from 'commander';
import packageJson from '../package.json';
import { ApiError } from '../kubernetes/api';
import { unreachable } from '../kubernetes/reachable';
import { SandboxError } from '../base/errors';
import { Interrupted, interruptible } from './interrupt';
import { DEFAULT_CLUSTER, type Session } from './options';
import { renderError } from './output/error';
import { declareDoctor } from './verbs/doctor';
import { declareDown } from './verbs/down';
import { declareExplain } from './verbs/explain';
import { declareSynth } from './verbs/synth';
import { declareUp } from './verbs/up';
import { declareVerify } from './verbs/verify';

/** Usage errors; as `ExitCode` in base/errors.ts. */
const EXIT_USAGE = 2;

/** A fault of this program that no code describes. */
const EXIT_UNEXPECTED = 3;

const EXAMPLES = `
Examples:
  $ secure-ai up                              local cluster, platform, proof
  $ secure-ai verify --context production     prove it on another cluster
  $ secure-ai explain pod.yaml                what would happen to this pod, and why
  $ secure-ai doctor --for kata               can this machine run Kata?
  $ secure-ai down                            leave nothing behind

Exit codes: 0 done; 1 verification or policy failure; 2 usage; 3 environment; 130 interrupted.`;

/**
 * Runs one command line and sets the exit code of the process.
 *
 * @param args without the program's own name
 */
export async function main(args: readonly string[]): Promise<void> {
  // `| head` closes the pipe early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const { signal, end } = interruptible();
  const session: Session = { signal, stdout: process.stdout, stderr: process.stderr };
  try {
    await createProgram(session).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = report(
      error instanceof ApiError ? unreachable('API server', error) : error,
      args.includes('--json'),
    );
  } finally {
    end();
  }
}

function createProgram(session: Session): Command {
  const program = new Command('secure-ai')
    .description('Puts every AI pod in the right sandbox, and proves it.')
    .version(packageJson.version, '--version', 'print the version')
    .option('--json', 'print the result as JSON')
    .option('--cluster <name>', `local cluster to work on (default: ${DEFAULT_CLUSTER})`)
    .option('--kubeconfig <file>', 'work on the cluster of this kubeconfig')
    .option('--context <name>', 'work on the cluster of this kubeconfig context')
    .option('--no-color', 'print without colours, as NO_COLOR in the environment does')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(secure-ai --help lists all commands and options)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  const verbs = [
    declareUp,
    declareDown,
    declareVerify,
    declareExplain,
    declareDoctor,
    declareSynth,
  ];
  for (const declare of verbs) declare(program, session);
  return program;
}

function report(error: unknown, json: boolean): number {
  // Commander has already printed the help, the version, or the problem with the arguments.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  if (json) process.stdout.write(`${JSON.stringify(asJson(error), undefined, 2)}\n`);
  else process.stderr.write(renderError(error));
  return error instanceof SandboxError ? error.exitCode : EXIT_UNEXPECTED;
}

function asJson(error: unknown): object {
  if (error instanceof SandboxError)
    return { error: { code: error.code, problems: error.problems } };
  return { error: { code: 'UNEXPECTED', message: String(error) } };
}

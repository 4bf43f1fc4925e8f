/** `secure-ai doctor`: reports what a machine lacks to be a node for Kata or gVisor. */
import { Option, type Command } from 'commander';
import type { Technology } from '../../node-check/facts';
import type { GlobalOptions, Session } from '../options';
import { printJson } from '../output/json';

const HELP = `
Checks this computer, or the host mounted at --host-root, and changes nothing. Run it on a machine that will be a node:
sandboxes cannot start there until everything it reports as missing is fixed. It sees more as root.

Examples:
  $ secure-ai doctor
  $ secure-ai doctor --for kata
  $ secure-ai doctor --for gvisor --json
  $ secure-ai doctor --host-root /host          in a pod that has the node's root at /host

Exit code 1 when something is missing for a runtime that was asked for.`;

interface DoctorOptions extends GlobalOptions {
  readonly for?: readonly Technology[];
  readonly hostRoot: string;
  readonly containerdSocket?: string;
}

export function declareDoctor(program: Command, session: Session): void {
  program
    .command('doctor')
    .description('check whether a machine can be a node for Kata and gVisor, and what it lacks')
    .addOption(
      new Option('--for <runtime...>', 'runtimes to check for (default: both)').choices([
        'kata',
        'gvisor',
      ]),
    )
    .option('--host-root <folder>', 'root directory of the host', '/')
    .option(
      '--containerd-socket <path>',
      'socket on the host (default: where the distributions put it)',
    )
    .addHelpText('after', HELP)
    .action((_options, command: Command) => doctor(command.optsWithGlobals(), session));
}

async function doctor(options: DoctorOptions, session: Session): Promise<void> {
  const { checkNode, isReady } = await import('../../node-check/check');
  const { TECHNOLOGIES } = await import('../../node-check/facts');
  const { readHost } = await import('../../node-check/read-host');
  const { connectCri } = await import('../../installer-src/containerd/cri');
  const { renderDiagnoses } = await import('../output/diagnosis');
  const facts = await readHost({
    root: options.hostRoot,
    architecture: process.arch,
    socket: options.containerdSocket,
    containerdVersion: async (socket) => (await connectCri(socket).version()).version,
  });
  const asked = TECHNOLOGIES.filter((name) => options.for?.includes(name) ?? true);
  const diagnoses = asked.map((runtime) => {
    const findings = checkNode(facts, runtime);
    return { runtime, ready: isReady(findings), findings };
  });
  const ready = diagnoses.every((diagnosis) => diagnosis.ready);
  if (options.json === true) printJson(session, { ready, runtimes: diagnoses });
  else session.stdout.write(renderDiagnoses(diagnoses, session.stdout.columns ?? 120));
  if (!ready) process.exitCode = 1;
}

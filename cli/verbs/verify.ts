/** `secure-ai verify`: proves on a cluster that pods get the right sandbox. */
import type { Command } from 'commander';
import type { VerificationReport } from '../../verify/step';
import type { ConnectOptions } from '../../kubernetes/kubeconfig';
import { SandboxError } from '../../base/errors';
import { KUBERNETES_ERRORS } from '../../kubernetes/errors';
import { targetOf, type GlobalOptions, type Session, type Target } from '../options';
import { printJson } from '../output/json';
import { runStage } from '../output/stages';
import { renderReport } from '../output/report';

const HELP = `
Compares what the cluster has with what this configuration deploys, and lists each difference with its fix. Then creates
pods in an enabled namespace and in namespaces of its own, and deletes them again, also when interrupted. A refusal says
which layer answered. A step that cannot be run says why; it counts neither as passed nor as failed.
docs/verify.md explains every step.

Examples:
  $ secure-ai verify                          the local cluster
  $ secure-ai verify --context production
  $ secure-ai verify --json | jq '.steps[] | select(.status != "pass")'
  $ secure-ai verify --json | jq '.steps[].findings[]?'

Exit code 1 when a step fails.`;

export function declareVerify(program: Command, session: Session): void {
  program
    .command('verify')
    .description('prove that pods on a cluster get the right sandbox')
    .addHelpText('after', HELP)
    .action(async (_options, command: Command) => {
      const options: GlobalOptions = command.optsWithGlobals();
      const report = await runVerification(await clusterOf(targetOf(options)), session);
      showReport(report, options, session);
    });
}

export async function runVerification(
  connection: ConnectOptions,
  session: Session,
): Promise<VerificationReport> {
  const { connect } = await import('../../kubernetes/client');
  const { loadConfig } = await import('../settings');
  const { verify } = await import('../../verify/run');
  return runStage(
    {
      title: 'Verify',
      run: async (say) =>
        verify({
          api: await connect(connection),
          config: await loadConfig(),
          signal: session.signal,
          onResult: ({ title, status }, done, total) => say(`${done}/${total} ${title}: ${status}`),
        }),
    },
    session,
  );
}

/** Prints the report on stdout and sets exit code 1 when a step failed. */
export function showReport(
  report: VerificationReport,
  { json }: GlobalOptions,
  session: Session,
): void {
  if (json === true) printJson(session, report);
  else session.stdout.write(renderReport(report, session.stdout.columns ?? 120));
  if (report.counts.fail > 0) process.exitCode = 1;
}

async function clusterOf(target: Target): Promise<ConnectOptions> {
  if (target.type === 'kubeconfig') return target;
  const { findCluster } = await import('../../local/cluster');
  const cluster = await findCluster(target.name);
  if (cluster !== undefined) return { kubeconfig: cluster.kubeconfig };
  throw new SandboxError(KUBERNETES_ERRORS.CLUSTER_UNREACHABLE, [
    {
      path: `--cluster ${target.name}`,
      reason: 'no local cluster with this name is running',
      fix: 'start it with `secure-ai up`, or name another cluster with --kubeconfig and --context',
    },
  ]);
}

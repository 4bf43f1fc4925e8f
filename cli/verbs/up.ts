/** `secure-ai up`: starts or uses a cluster, deploys the platform and verifies it. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { PodBackend } from '../../local/pod-backend';
import type { Progress } from '../../local/progress';
import { SHARED_ERRORS, refuse, type Problem } from '../../base/errors';
import { DEPLOYERS, type DeployerChoice, type Destination } from '../deployer';
import { targetOf, type GlobalOptions, type Session } from '../options';
import { describeEvent, describeProgress, describeReport } from '../output/deployment';
import { reportLints } from '../output/lints';
import { printJson } from '../output/json';
import { runStage } from '../output/stages';
import { runVerification, showReport } from './verify';

const HELP = `
Without --kubeconfig and --context it first starts a cluster on this computer, which keeps running afterwards
(end it with \`secure-ai down\`). Progress goes to stderr; the last line on stdout is an export command for the shell.
Safe to run again: unchanged objects stay untouched.

On Linux as root the cluster gets a real node, in namespaces of its own, and pods really run. Elsewhere, and with
--nodes 0, the platform's own pods run as processes of this computer and all other pods stay Pending.

Pulumi deploys the objects if its CLI and its kubernetes plugin are installed or were built before, else server-side
apply does. A cluster keeps its first deployer. Other clusters always get server-side apply; for Pulumi there, see
docs/pulumi.md.

Examples:
  $ secure-ai up
  $ secure-ai up --nodes 2
  $ secure-ai up --cluster-only && pulumi up --stack local
  $ eval "$(secure-ai up | tail -n 1)" && kubectl get pods -A
  $ secure-ai up --context production`;

export function declareUp(program: Command, session: Session): void {
  program
    .command('up')
    .description('start a local cluster (or use another), deploy the platform and verify it')
    .option('--nodes <count>', 'real nodes of the local cluster, 0 for none', nodeCount)
    .option('--cluster-only', 'start the local cluster and deploy nothing, for `pulumi up`')
    .addOption(new Option('--deployer <name>', 'who deploys').choices(DEPLOYERS).default('auto'))
    .addHelpText('after', HELP)
    .action((_options, command: Command) => up(command.optsWithGlobals(), session));
}

interface UpOptions extends GlobalOptions {
  /** @default 1 if nodes can run, else 0 */
  readonly nodes?: number;
  /** @default false */
  readonly clusterOnly?: boolean;
  readonly deployer: DeployerChoice;
}

function nodeCount(text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Pass a whole number.');
}

/** Options that apply only to a local cluster, although another cluster is named. */
function refuseLocalOptions({ nodes, clusterOnly }: UpOptions): void {
  const given = [
    ...(nodes === undefined ? [] : ['--nodes']),
    ...(clusterOnly === true ? ['--cluster-only'] : []),
  ];
  const problems = given.map((path): Problem => ({
    path,
    reason: 'applies to a local cluster, while --kubeconfig and --context name another one',
    fix: 'leave one of them out',
  }));
  refuse(SHARED_ERRORS.USAGE_INVALID, problems);
}

async function up(options: UpOptions, session: Session): Promise<void> {
  const { asConfigured } = await import('../settings');
  const target = targetOf(options);
  if (target.type === 'kubeconfig') refuseLocalOptions(options);
  await reportLints(session);
  const destination =
    target.type === 'local'
      ? await startLocal(target.name, options.nodes, session)
      : { ...target, profile: asConfigured };

  if (options.clusterOnly === true) return showCluster(destination, options, session);

  const { deployTo } = await import('../deployer');
  const deployed = await runStage(
    {
      title: 'Deploy the platform',
      run: async (say) => {
        const deployment = await deployTo(destination, {
          choice: options.deployer,
          onChosen: say,
          onPrepare: (progress) => say(describeProgress(progress)),
          onProgress: (event) => say(describeEvent(event)),
          signal: session.signal,
        });
        say(describeReport(deployment));
        return deployment;
      },
    },
    session,
  );
  const report = await runVerification(destination, session);
  if (options.json === true) {
    const { kubeconfig, context } = destination;
    printJson(session, { kubeconfig, context, deployment: deployed, verification: report });
    if (report.counts.fail > 0) process.exitCode = 1;
    return;
  }
  showReport(report, options, session);
  if (target.type === 'local') showCluster(destination, options, session);
}

/** How to reach the local cluster. */
function showCluster({ kubeconfig }: Destination, { json }: GlobalOptions, session: Session): void {
  if (json === true) printJson(session, { kubeconfig });
  else session.stdout.write(`\nexport KUBECONFIG=${kubeconfig}\n`);
}

/** A control plane, and a backend that runs pods. */
async function startLocal(
  name: string,
  nodes: number | undefined,
  session: Session,
): Promise<Destination> {
  const { startCluster } = await import('../../local/cluster');
  const { startPodBackend } = await import('../../local/pod-backend');
  const { profileOf } = await import('../../infra/clusters/local-settings');
  const { signal } = session;
  return runStage(
    {
      title: `Start local cluster ${name}`,
      run: async (say) => {
        const onProgress = (progress: Progress) => say(describeProgress(progress));
        const cluster = await startCluster({ name, signal, onProgress });
        const backend = await startPodBackend(cluster, { nodes, signal, onProgress });
        say(describePodBackend(backend));
        const profile = await profileOf(cluster, { signal, onProgress });
        return { kubeconfig: cluster.kubeconfig, profile, local: cluster };
      },
    },
    session,
  );
}

function describePodBackend(backend: PodBackend): string {
  if (backend.kind === 'nodes') {
    return `pods run on ${backend.nodes.map(({ name }) => name).join(', ')}`;
  }
  const because =
    backend.reasons.length > 0
      ? ` because no node can run here (${backend.reasons.join('; ')})`
      : '';
  return `the platform's pods run as processes of this computer, all others stay Pending${because}`;
}

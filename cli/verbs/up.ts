import type { Command } from 'commander';
import type { DeployEvent, DeployReport } from '../../deploy/apply';
import type { LocalCluster } from '../../local/cluster';
import type { Progress } from '../../local/progress';
import packageJson from '../../package.json';
import { targetOf, type GlobalOptions, type Session } from '../options';
import { printJson } from '../output/json';
import { runStages, type Stage } from '../output/stages';
import type { Profile } from '../platform';
import { showReport, verificationStage } from './verify';

const HELP = `
Without --kubeconfig and --context it first starts a cluster on this computer, which keeps running afterwards
(end it with \`secure-ai down\`). Progress goes to stderr; the last line on stdout is an export command for the shell.
Safe to run again: what is as configured stays untouched.

Examples:
  $ secure-ai up
  $ eval "$(secure-ai up | tail -n 1)" && kubectl get pods -A
  $ secure-ai up --context production`;

export function declareUp(program: Command, session: Session): void {
  program
    .command('up')
    .description('start a local cluster (or use another), deploy the platform, prove that it works')
    .addHelpText('after', HELP)
    .action((_options, command: Command) => up(command.optsWithGlobals(), session));
}

/** Where the platform goes. */
interface Destination {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly profile: Profile;
}

async function up(options: GlobalOptions, session: Session): Promise<void> {
  const { asConfigured } = await import('../platform');
  const target = targetOf(options);
  const destination =
    target.type === 'local'
      ? await startLocal(target.name, session)
      : { ...target, profile: asConfigured };

  let deployed: DeployReport | undefined;
  const deployment: Stage = {
    title: 'Deploy the platform',
    run: async (say) => {
      deployed = await deployTo(destination, session, (event) => say(describe(event)));
      say(summaryOf(deployed));
    },
  };
  const verification = await verificationStage(destination, session);
  await runStages([deployment, verification.stage], session);

  const report = verification.report();
  if (options.json === true) {
    const { kubeconfig, context } = destination;
    printJson(session, { kubeconfig, context, deployment: deployed, verification: report });
    if (report.counts.fail > 0) process.exitCode = 1;
    return;
  }
  showReport(report, options, session);
  if (target.type === 'local')
    session.stdout.write(`\nexport KUBECONFIG=${destination.kubeconfig}\n`);
}

/** A control plane, and Gatekeeper and the webhook as processes next to it: their pods run without any node. */
async function startLocal(name: string, session: Session): Promise<Destination> {
  const { startCluster } = await import('../../local/cluster');
  const { startHostPods } = await import('../../local/host-pods/start');
  const { forThisComputer } = await import('../platform');
  const { signal } = session;
  let cluster: LocalCluster | undefined;
  const stage: Stage = {
    title: `Start local cluster ${name}`,
    run: async (say) => {
      const onProgress = ({ message }: Progress) => say(message);
      cluster = await startCluster({ name, signal, onProgress });
      await startHostPods(cluster, { signal, onProgress });
    },
  };
  await runStages([stage], session);
  if (cluster === undefined) throw new TypeError('the cluster has not been started');
  return { kubeconfig: cluster.kubeconfig, profile: forThisComputer };
}

async function deployTo(
  destination: Destination,
  session: Session,
  onProgress: (event: DeployEvent) => void,
): Promise<DeployReport> {
  const { connect } = await import('../../deploy/kubernetes/client');
  const { deploy } = await import('../../deploy/apply');
  const { buildPlan, loadConfig } = await import('../platform');
  const api = await connect(destination);
  const { policy } = await loadConfig();
  return deploy(await buildPlan(destination.profile), {
    api,
    policy,
    version: packageJson.version,
    signal: session.signal,
    onProgress,
  });
}

function describe(event: DeployEvent): string {
  switch (event.type) {
    case 'applied':
      return `${event.done}/${event.total} ${event.id} ${event.outcome}`;
    case 'waiting':
      return `${event.id}: waiting until ${event.awaited} (${event.seen})`;
    case 'ready':
      return `${event.id} ready`;
    case 'failed':
      return `${event.id} failed: ${event.reason}`;
    case 'deleting':
      return `delete ${event.id}, which is no longer configured`;
  }
}

function summaryOf({ created, configured, unchanged, pruned }: DeployReport): string {
  const kept = pruned.kept.map(({ id, reason }) => `; kept ${id}: ${reason}`).join('');
  return (
    `${created} created, ${configured} configured, ${unchanged} unchanged, ` +
    `${pruned.deleted.length} deleted${kept}`
  );
}

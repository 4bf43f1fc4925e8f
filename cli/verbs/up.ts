import { InvalidArgumentError, type Command } from 'commander';
import type { DeployEvent, DeployReport } from '../../deploy/apply';
import type { LocalCluster } from '../../local/cluster';
import type { Compute } from '../../local/compute';
import type { Progress } from '../../local/progress';
import { SandboxError } from '../../policy/errors';
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

On Linux as root the cluster gets a real node, in namespaces of its own, and pods really run. Elsewhere, and with
--nodes 0, the platform's own pods run as processes of this computer and all other pods stay Pending.

Examples:
  $ secure-ai up
  $ secure-ai up --nodes 2
  $ eval "$(secure-ai up | tail -n 1)" && kubectl get pods -A
  $ secure-ai up --context production`;

export function declareUp(program: Command, session: Session): void {
  program
    .command('up')
    .description('start a local cluster (or use another), deploy the platform, prove that it works')
    .option('--nodes <count>', 'real nodes of the local cluster, 0 for none', nodeCount)
    .addHelpText('after', HELP)
    .action((_options, command: Command) => up(command.optsWithGlobals(), session));
}

interface UpOptions extends GlobalOptions {
  /** @default 1 where nodes can run, else 0 */
  readonly nodes?: number;
}

function nodeCount(text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is not a whole number.');
}

function nodesElsewhere(): SandboxError {
  return new SandboxError('USAGE_INVALID', [
    {
      path: '--nodes',
      reason: 'adds nodes to a local cluster, while --kubeconfig and --context name another one',
      fix: 'leave one of them out',
    },
  ]);
}

/** Where the platform goes. */
interface Destination {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly profile: Profile;
}

async function up(options: UpOptions, session: Session): Promise<void> {
  const { asConfigured } = await import('../platform');
  const target = targetOf(options);
  if (target.type === 'kubeconfig' && options.nodes !== undefined) throw nodesElsewhere();
  const destination =
    target.type === 'local'
      ? await startLocal(target.name, options.nodes, session)
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

/** A control plane, and something to run pods on. */
async function startLocal(
  name: string,
  nodes: number | undefined,
  session: Session,
): Promise<Destination> {
  const { startCluster } = await import('../../local/cluster');
  const { startCompute } = await import('../../local/compute');
  const { forThisComputer, withGvisor } = await import('../platform');
  const { signal } = session;
  let cluster: LocalCluster | undefined;
  let profile: Profile = forThisComputer;
  const stage: Stage = {
    title: `Start local cluster ${name}`,
    run: async (say) => {
      const onProgress = (progress: Progress) => say(describeProgress(progress));
      cluster = await startCluster({ name, signal, onProgress });
      const compute = await startCompute(cluster, { nodes, signal, onProgress });
      say(describeCompute(compute));
      if (compute.kind === 'host-pods') return;
      const { serveGvisorRelease } = await import('../../local/gvisor-release/serve');
      profile = withGvisor(profile, await serveGvisorRelease(cluster, { signal, onProgress }));
    },
  };
  await runStages([stage], session);
  if (cluster === undefined) throw new TypeError('the cluster has not been started');
  return { kubeconfig: cluster.kubeconfig, profile };
}

function describeProgress({ message, done, total, elapsedSeconds }: Progress): string {
  if (done === undefined) return message;
  return `${message}: ${done} of ${total} packages, ${Math.round(elapsedSeconds)} s`;
}

function describeCompute(compute: Compute): string {
  if (compute.kind === 'nodes') {
    return `pods run on ${compute.nodes.map(({ name }) => name).join(', ')}`;
  }
  const because =
    compute.reasons.length > 0
      ? ` because no node can run here (${compute.reasons.join('; ')})`
      : '';
  return `the platform's pods run as processes of this computer, all others stay Pending${because}`;
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

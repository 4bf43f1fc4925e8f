/** `secure-ai down`: ends the local cluster, or removes the platform from another one. */
import type { Command } from 'commander';
import { targetOf, type GlobalOptions, type Session } from '../options';
import { printJson } from '../output/json';
import { runStage } from '../output/stages';

const HELP = `
Without --kubeconfig and --context, ends the local cluster and deletes all its files.
With one of them, deletes the platform's objects from that cluster, the webhooks first;
namespaces that hold objects of other owners stay.

Examples:
  $ secure-ai down
  $ secure-ai down --context production`;

export function declareDown(program: Command, session: Session): void {
  program
    .command('down')
    .description('end the local cluster, or remove the platform from another one')
    .addHelpText('after', HELP)
    .action((_options, command: Command) => down(command.optsWithGlobals(), session));
}

async function down(options: GlobalOptions, session: Session): Promise<void> {
  const target = targetOf(options);
  if (target.type === 'local') {
    const { stopCluster } = await import('../../local/cluster');
    const title = `End local cluster ${target.name}`;
    await runStage({ title, run: () => stopCluster(target.name) }, session);
    if (options.json === true) printJson(session, { cluster: target.name, state: 'removed' });
    return;
  }
  const { connect } = await import('../../kubernetes/client');
  const { remove } = await import('../../deploy/remove');
  const api = await connect(target);
  const removed = await runStage(
    {
      title: `Remove the platform from ${api.server}`,
      run: (say) =>
        remove(api, { onDeleting: (id) => say(`delete ${id}`), signal: session.signal }),
    },
    session,
  );
  for (const { id, reason } of removed.kept) session.stderr.write(`Kept ${id}: ${reason}\n`);
  if (options.json === true) printJson(session, { server: api.server, ...removed });
}

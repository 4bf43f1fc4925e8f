/** `secure-ai explain`: shows what admission would do to the pods of a manifest. */
import type { Command } from 'commander';
import type { GlobalOptions, Session } from '../options';
import { printJson } from '../output/json';

const HELP = `
Needs no cluster: decides by the policy of sandbox.config.ts, as the webhook and Gatekeeper do in an enabled
namespace. Reads YAML and JSON, several documents, and the pod templates of workloads.

Shows the runtime, every rule with the parts of its condition, the patch, and every reason to refuse the pod. Names the
rule that exempts a pod, and mirrors of static pods. Where the namespace, or a part of the policy, only warns or audits,
it shows what would be done if that were enforced.

Examples:
  $ secure-ai explain pod.yaml
  $ kubectl get deployment trainer -o yaml | secure-ai explain -
  $ secure-ai explain --namespace ai-production --json pod.yaml

Exit code 1 if a pod would be refused, including for a limit of the webhook (POD_TOO_LARGE). What is only warned of or
audited refuses nothing.`;

interface ExplainOptions extends GlobalOptions {
  readonly namespace?: string;
}

export function declareExplain(program: Command, session: Session): void {
  program
    .command('explain')
    .description('show which runtime a pod would get, or why it would be refused, rule by rule')
    .argument('<manifests...>', 'files, - for standard input')
    .option('-n, --namespace <name>', "decide as if created there (default: the manifest's own)")
    .addHelpText('after', HELP)
    .action((files: readonly string[], _options, command: Command) =>
      explain(files, command.optsWithGlobals(), session),
    );
}

async function explain(
  files: readonly string[],
  options: ExplainOptions,
  session: Session,
): Promise<void> {
  const { readPods } = await import('../explain/manifests');
  const { refuseTooLarge } = await import('../explain/limits');
  const { explainPod } = await import('../explain/explain');
  const { renderExplanation } = await import('../explain/render');
  const { loadConfig } = await import('../settings');
  const pods = readPods(files).map((found) => ({
    ...found,
    namespace: options.namespace ?? found.namespace,
  }));
  const { policy } = await loadConfig();
  refuseTooLarge(pods, policy);
  const explained = pods.map((found) => explainPod(found, policy));
  if (options.json === true) printJson(session, explained);
  else session.stdout.write(explained.map(renderExplanation).join('\n'));
  if (explained.some(({ denials }) => denials.length > 0)) process.exitCode = 1;
}

/** `secure-ai synth`: writes the manifests of the platform. */
import type { Command } from 'commander';
import type { GlobalOptions, Session } from '../options';
import { printJson } from '../output/json';
import { reportLints } from '../output/lints';

const HELP = `
Examples:
  $ secure-ai synth                    write dist/, as cdk8s synth does
  $ secure-ai synth --stdout | kubectl diff -f -
  $ secure-ai synth --stdout --json    one List object
  $ secure-ai synth --strict           fail where the policy has lints

Lints are printed on stderr: what is valid in the policy and most likely not meant. docs/policy.md explains each.`;

interface SynthOptions extends GlobalOptions {
  readonly output: string;
  readonly stdout?: boolean;
  readonly strict?: boolean;
}

export function declareSynth(program: Command, session: Session): void {
  program
    .command('synth')
    .description('write the manifests of the platform, in order of deployment')
    .option('-o, --output <folder>', 'folder to write to', 'dist')
    .option('--stdout', 'print the manifests instead')
    .option('--strict', 'fail, and write nothing, if the policy has lints')
    .addHelpText('after', HELP)
    .action((_options, command: Command) => synth(command.optsWithGlobals(), session));
}

async function synth(options: SynthOptions, session: Session): Promise<void> {
  const { App } = await import('cdk8s');
  const { asConfigured, buildChart, buildPlan } = await import('../settings');
  const { planDeployment } = await import('../../deploy/plan');
  await reportLints(session, options.strict);
  if (options.stdout === true && options.json === true) {
    const items = (await buildPlan(asConfigured)).map(({ manifest }) => manifest);
    printJson(session, { apiVersion: 'v1', kind: 'List', items });
    return;
  }
  const app = new App({ outdir: options.output });
  // Fails with an expected error, and writes nothing, if an object could not be deployed.
  planDeployment(await buildChart(app, asConfigured));
  if (options.stdout === true) {
    session.stdout.write(app.synthYaml());
    return;
  }
  app.synth();
  session.stderr.write(`Manifests are in ${app.outdir}\n`);
}

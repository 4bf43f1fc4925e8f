/** Progress on stderr: live lines on a terminal, plain lines elsewhere, nothing at all for machines that read JSON. */
import type { Session } from '../options';
import { paced } from './pace';

export interface Stage {
  readonly title: string;
  /** @param say replaces the line that tells what the stage is doing now */
  readonly run: (say: (what: string) => void) => Promise<void>;
}

/** Runs the stages one after the other; the first that throws ends them. */
export async function runStages(stages: readonly Stage[], session: Session): Promise<void> {
  if (session.stderr.isTTY && process.env['CI'] === undefined) return runLive(stages, session);
  for (const { title, run } of stages) {
    session.stderr.write(`${title}\n`);
    await run(paced((what) => session.stderr.write(`  ${what}\n`)));
  }
}

async function runLive(stages: readonly Stage[], { stderr }: Session): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const tasks = stages.map(({ title, run }) => ({
    title,
    task: (_context: unknown, task: { output: string }) =>
      run((what) => {
        task.output = what;
      }),
  }));
  await new Listr(tasks, {
    renderer: 'default',
    // stderr is the terminal, whatever stdout is; Listr looks at stdout only.
    forceTTY: true,
    fallbackRendererCondition: false,
    registerSignalListeners: false,
    rendererOptions: {
      // Errors are shown once, with their fixes, by whoever catches them.
      showErrorMessage: false,
      collapseErrors: false,
      logger: new ListrLogger({
        useIcons: true,
        processOutput: new ProcessOutput(stderr, stderr),
      }),
    },
  }).run();
}

/** Progress on stderr: live lines on a terminal, plain lines elsewhere, nothing for programs that read JSON. */
import type { Session } from '../options';
import { paced } from './pace';

export interface Stage<T> {
  readonly title: string;
  /** @param say replaces the line that shows the current activity of the stage */
  readonly run: (say: (what: string) => void) => Promise<T>;
}

/** Runs a stage and returns its result. */
export async function runStage<T>({ title, run }: Stage<T>, session: Session): Promise<T> {
  if (session.stderr.isTTY && process.env['CI'] === undefined)
    return runLive({ title, run }, session);
  session.stderr.write(`${title}\n`);
  return run(paced((what) => session.stderr.write(`  ${what}\n`)));
}

async function runLive<T>({ title, run }: Stage<T>, { stderr }: Session): Promise<T> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const results: T[] = [];
  const task = async (_context: unknown, shown: { output: string }) => {
    results.push(await run((what) => (shown.output = what)));
  };
  await new Listr([{ title, task }], {
    renderer: 'default',
    // stderr is the terminal, whatever stdout is; Listr looks at stdout only.
    forceTTY: true,
    fallbackRendererCondition: false,
    registerSignalListeners: false,
    rendererOptions: {
      // The caller prints errors once, with their fixes.
      showErrorMessage: false,
      collapseErrors: false,
      logger: new ListrLogger({
        useIcons: true,
        processOutput: new ProcessOutput(stderr, stderr),
      }),
    },
  }).run();
  return results[0] as T;
}

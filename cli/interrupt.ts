/** Ctrl-C: the first asks the running verb to stop and clean up, the second ends the process at once. */
import { setMaxListeners } from 'node:events';

/** A signal stopped the verb. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(
    signal: 'SIGINT' | 'SIGTERM',
    /** 128 and the signal's number, as shells report it. */
    readonly exitCode: number = signal === 'SIGINT' ? 130 : 143,
  ) {
    super('Interrupted. The same command can be run again.');
  }
}

export interface Interruptible {
  /** Aborted with `Interrupted`. */
  readonly signal: AbortSignal;
  /** Restores the default handling of the signals. */
  readonly end: () => void;
}

export function interruptible(): Interruptible {
  const controller = new AbortController();
  // Every object that a command waits for adds a listener.
  setMaxListeners(0, controller.signal);
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => {
    const interrupted = new Interrupted(name);
    if (controller.signal.aborted) process.exit(interrupted.exitCode);
    controller.abort(interrupted);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMilliseconds: number;
  /** @default 50 */
  readonly intervalMilliseconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Polls `condition` until it gives something other than `undefined`, which is returned;
 * `undefined` when the time is up first. Errors of `condition` and aborts are thrown.
 */
export async function waitFor<T>(
  condition: () => T | undefined | Promise<T | undefined>,
  { timeoutMilliseconds, intervalMilliseconds = 50, signal }: WaitOptions,
): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMilliseconds;
  for (;;) {
    signal?.throwIfAborted();
    const value = await condition();
    if (value !== undefined || performance.now() >= deadline) return value;
    await delay(intervalMilliseconds, undefined, signal ? { signal } : {});
  }
}

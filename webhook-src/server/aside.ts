/**
 * Judges large reviews in a worker thread, one after the other.
 *
 * What a body costs depends on what is in it: within all caps, 7 MiB can keep parser and policy busy for a good part of a second,
 * and nothing else would be answered meanwhile. Real reviews are 3 to 108 KB and are judged where they are read; the few that are larger
 * go here, where the worst they can do is to make each other wait, or to end their own worker by time or memory.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { ReceivedBody } from './body';
import { compileDecider } from './policy-file';
import { judge, type Verdict } from './judge';
import type { RuntimePolicy } from '../../policy/model';

/**
 * Up to here a body is judged where it is read: a pod of 60 containers. The dearest body within both (nothing but containers) takes
 * 20 ms of processor time (bench/webhook-hostile.ts).
 */
const INLINE_BYTES = 64 * 1024;
const INLINE_VALUES = 4_000;

export function isLarge({ bytes, values }: ReceivedBody): boolean {
  return bytes.length > INLINE_BYTES || values > INLINE_VALUES;
}

/** A worker starts in about 100 ms; API servers wait 3 s as configured. */
const TIME_LIMIT_MS = 2_500;

/** Reviews that wait for the worker; more are refused with Retry-After. */
const QUEUE_LIMIT = 16;

/** The dearest body within the caps needs about 40 MiB; a worker beyond the limit ends, the process does not. */
const HEAP_LIMIT_MIB = 96;

export type AsideVerdict = Verdict | { readonly refused: 'overloaded'; readonly detail: string };

export interface AsideJudge {
  /** Rejects where judging fails. */
  judge(body: Buffer): Promise<AsideVerdict>;
  /** Ends the worker once what was taken on is done. */
  close(): void;
}

interface Job {
  readonly body: Buffer;
  readonly resolve: (verdict: AsideVerdict) => void;
  readonly reject: (error: Error) => void;
}

/** @param script file that calls `serveAside` in a worker thread; the worker is started when it is first needed */
export function createAsideJudge(policy: RuntimePolicy, script: string): AsideJudge {
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let busy = false;
  let closed = false;

  function next(): void {
    const job = waiting.shift();
    busy = job !== undefined;
    if (job !== undefined) run(job);
    else if (closed) dismiss();
  }

  function run({ body, resolve, reject }: Job): void {
    const at = (worker ??= startWorker(policy, script));
    const timer = setTimeout(() => {
      settle(true);
      resolve({ refused: 'overloaded', detail: 'judging took too long' });
    }, TIME_LIMIT_MS);
    const onMessage = (verdict: Verdict): void => {
      settle(false);
      resolve(verdict);
    };
    const onError = (error: Error): void => {
      settle(true);
      reject(error);
    };
    function settle(spoilt: boolean): void {
      clearTimeout(timer);
      at.off('message', onMessage).off('error', onError);
      if (spoilt) dismiss();
      next();
    }
    at.once('message', onMessage).once('error', onError);
    at.postMessage(body);
  }

  function dismiss(): void {
    // Whatever it still has to say is said to nobody.
    worker?.on('error', () => undefined);
    void worker?.terminate();
    worker = undefined;
  }

  return {
    judge(body) {
      if (waiting.length >= QUEUE_LIMIT)
        return Promise.resolve({ refused: 'overloaded', detail: 'too many large reviews wait' });
      return new Promise((resolve, reject) => {
        waiting.push({ body, resolve, reject });
        if (!busy) next();
      });
    },
    close() {
      closed = true;
      if (!busy) dismiss();
    },
  };
}

function startWorker(policy: RuntimePolicy, script: string): Worker {
  const worker = new Worker(script, {
    workerData: policy,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MIB },
    // A worker has no use for the flags and environment of the process.
    argv: [],
    env: {},
  });
  worker.unref();
  return worker;
}

/** The worker's side: answers each body with its verdict. */
export function serveAside(): void {
  const decider = compileDecider(workerData as RuntimePolicy);
  parentPort?.on('message', (body: Uint8Array) => {
    parentPort?.postMessage(
      judge(Buffer.from(body.buffer, body.byteOffset, body.byteLength), decider),
    );
  });
}

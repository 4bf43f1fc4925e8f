/**
 * Reviews large bodies in a worker thread, one after the other.
 *
 * The cost of a body depends on its content: within all caps it can occupy parser and policy for most of a second, and block every
 * other answer meanwhile. Real reviews are 3 to 108 KB and are reviewed in the main thread. The few larger ones are reviewed here. At
 * worst they delay each other, or exceed the time or memory of their worker.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { ReceivedBody } from './body';
import { CHUNK_BYTES } from './chunks';
import { reviewPod, type Verdict } from './review-pod';
import { TIME_LIMIT_MS, type Exceeded } from './limits';
import { BODY_CAP_BYTES, HEAP_MIB, QUEUE_LIMIT } from './memory';
import { compileDecider, type PolicySource } from './policy-file';

/** Bodies up to both limits are reviewed in the main thread; the most costly takes 20 ms of CPU time (bench/webhook-hostile.ts). */
const INLINE_BYTES = CHUNK_BYTES;
const INLINE_COST = 16_000;

export function isLarge({ length, cost }: Pick<ReceivedBody, 'length' | 'cost'>): boolean {
  return length > INLINE_BYTES || cost > INLINE_COST;
}

export type WorkerVerdict =
  | Verdict
  | { readonly refused: 'overloaded'; readonly detail: string }
  | { readonly exceeded: Exceeded };

export interface ReviewWorker {
  /** Applies to bodies that have not reached the worker yet. */
  usePolicy(source: PolicySource): void;
  /** Rejects if the review fails. The body must not change until the promise settles. */
  review(body: Pick<ReceivedBody, 'chunks' | 'length'>): Promise<WorkerVerdict>;
}

interface Job {
  readonly body: Pick<ReceivedBody, 'chunks' | 'length'>;
  readonly resolve: (verdict: WorkerVerdict) => void;
  readonly reject: (error: Error) => void;
}

/** `workerData`: each body is copied into `memory`, and only its length is sent. */
interface WorkerStart {
  readonly source: PolicySource;
  readonly memory: SharedArrayBuffer;
}

/**
 * @param script file that calls `serveReviews` in a worker thread; the worker starts with the first policy, and there is never more than
 *   one
 * @param limitMs time limit for one body
 */
export function createReviewWorker(script: string, limitMs = TIME_LIMIT_MS): ReviewWorker {
  const waiting: Job[] = [];
  /** Pages that no body has used take no memory. */
  const memory = new SharedArrayBuffer(BODY_CAP_BYTES);
  let source: PolicySource | undefined;
  let running: { readonly worker: Worker; readonly source: PolicySource } | undefined;
  let busy = false;

  async function work(): Promise<void> {
    busy = true;
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await run(job.body).then(job.resolve, job.reject);
    }
    busy = false;
  }

  async function run(body: Job['body']): Promise<WorkerVerdict> {
    if (source === undefined) throw new Error('no policy is loaded');
    if (running?.source !== source) await dismiss();
    running ??= { source, worker: startWorker(script, { source, memory }) };
    copyInto(memory, body.chunks);
    try {
      const verdict = await answerOf(running.worker, body.length, limitMs);
      if ('exceeded' in verdict) await dismiss();
      return verdict;
    } catch (error) {
      await dismiss();
      throw error;
    }
  }

  /** Resolves when the memory of the worker is free. */
  async function dismiss(): Promise<void> {
    const ended = running?.worker;
    running = undefined;
    // Errors of a dismissed worker are ignored.
    ended?.on('error', () => undefined);
    await ended?.terminate();
  }

  return {
    usePolicy(next) {
      source = next;
      // Started now, so that no review waits for the start. A busy worker is replaced before its next body.
      running ??= { source, worker: startWorker(script, { source, memory }) };
    },
    review(body) {
      if (waiting.length >= QUEUE_LIMIT)
        return Promise.resolve({ refused: 'overloaded', detail: 'too many large reviews wait' });
      return new Promise((resolve, reject) => {
        waiting.push({ body, resolve, reject });
        if (!busy) void work();
      });
    },
  };
}

function startWorker(script: string, start: WorkerStart): Worker {
  const worker = new Worker(script, {
    workerData: start,
    resourceLimits: {
      maxOldGenerationSizeMb: HEAP_MIB.old,
      maxYoungGenerationSizeMb: 3 * HEAP_MIB.semiSpace,
    },
    // The worker uses neither the flags nor the environment of the process.
    argv: [],
    env: {},
  });
  worker.unref();
  return worker;
}

function copyInto(memory: SharedArrayBuffer, chunks: readonly Buffer[]): void {
  const target = new Uint8Array(memory);
  let offset = 0;
  for (const chunk of chunks) {
    target.set(chunk, offset);
    offset += chunk.length;
  }
}

/** The worker's verdict on the body in its memory, or the limit that the body exceeds. @throws Error if the review fails */
function answerOf(
  worker: Worker,
  length: number,
  limitMs: number,
): Promise<Verdict | { readonly exceeded: Exceeded }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle();
      resolve({ exceeded: { limit: 'time', found: limitMs } });
    }, limitMs);
    function onMessage(verdict: Verdict): void {
      settle();
      resolve(verdict);
    }
    function onError(error: NodeJS.ErrnoException): void {
      settle();
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') reject(error);
      else resolve({ exceeded: { limit: 'memory', found: HEAP_MIB.old } });
    }
    function settle(): void {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError);
    }
    worker.once('message', onMessage).once('error', onError);
    worker.postMessage(length);
  });
}

/** Runs in the worker: answers the length of each body with its verdict. */
export function serveReviews(): void {
  const { source, memory } = workerData as WorkerStart;
  const decider = compileDecider(source);
  parentPort?.on('message', (length: number) => {
    parentPort?.postMessage(reviewPod(Buffer.from(memory, 0, length), decider));
  });
}

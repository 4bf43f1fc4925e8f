/**
 * Judges large reviews in a worker thread, one after the other.
 *
 * What a body costs depends on what is in it: within all caps it can keep parser and policy busy for the better part of a second, and
 * nothing else would be answered meanwhile. Real reviews are 3 to 108 KB and are judged where they are read; the few that are larger
 * go here, where the worst they can do is to make each other wait, or to end their own worker by time or memory.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { ReceivedBody } from './body';
import { CHUNK_BYTES } from './chunks';
import { judge, type Verdict } from './review-pod';
import { TIME_LIMIT_MS, type Exceeded } from './limits';
import { BODY_CAP_BYTES, HEAP_MIB, QUEUE_LIMIT } from './memory';
import { compileDecider } from './policy-file';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';

/** Up to here a body is judged where it is read; the dearest within both takes 20 ms of processor time (bench/webhook-hostile.ts). */
const INLINE_BYTES = CHUNK_BYTES;
const INLINE_COST = 16_000;

export function isLarge({ length, cost }: Pick<ReceivedBody, 'length' | 'cost'>): boolean {
  return length > INLINE_BYTES || cost > INLINE_COST;
}

export type AsideVerdict =
  | Verdict
  | { readonly refused: 'overloaded'; readonly detail: string }
  | { readonly exceeded: Exceeded };

export interface AsideJudge {
  /** Reviews that are not in the worker yet are judged by this policy. */
  usePolicy(policy: RuntimePolicy): void;
  /** Rejects where judging fails. The body must stay as it is until then. */
  judge(body: Pick<ReceivedBody, 'chunks' | 'length'>): Promise<AsideVerdict>;
}

interface Job {
  readonly body: Pick<ReceivedBody, 'chunks' | 'length'>;
  readonly resolve: (verdict: AsideVerdict) => void;
  readonly reject: (error: Error) => void;
}

/** What a worker is started with: each body is put into `memory`, and only its length is sent. */
interface WorkerStart {
  readonly policy: RuntimePolicy;
  readonly memory: SharedArrayBuffer;
}

/**
 * @param script file that calls `serveAside` in a worker thread; the worker is started with the first policy, and there is never more than
 * one
 * @param limitMs time one body may take
 */
export function createAsideJudge(script: string, limitMs = TIME_LIMIT_MS): AsideJudge {
  const waiting: Job[] = [];
  /** Of pages that no body has reached there is no memory. */
  const memory = new SharedArrayBuffer(BODY_CAP_BYTES);
  let policy: RuntimePolicy | undefined;
  let running: { readonly worker: Worker; readonly policy: RuntimePolicy } | undefined;
  let busy = false;

  async function work(): Promise<void> {
    busy = true;
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await run(job.body).then(job.resolve, job.reject);
    }
    busy = false;
  }

  async function run(body: Job['body']): Promise<AsideVerdict> {
    if (policy === undefined) throw new Error('there is no policy to judge by');
    if (running?.policy !== policy) await dismiss();
    running ??= { policy, worker: startWorker(script, { policy, memory }) };
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
    // Whatever it still has to say is said to nobody.
    ended?.on('error', () => undefined);
    await ended?.terminate();
  }

  return {
    usePolicy(next) {
      policy = next;
      // Started now, so that no review waits for it; one that is at work is replaced when it has ended.
      running ??= { policy, worker: startWorker(script, { policy, memory }) };
    },
    judge(body) {
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
    // A worker has no use for the flags and environment of the process.
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

/** What the worker says of the body in its memory, or which of its limits ends it. @throws Error where judging fails */
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

/** The worker's side: answers the length of each body with its verdict. */
export function serveAside(): void {
  const { policy, memory } = workerData as WorkerStart;
  const decider = compileDecider(policy);
  parentPort?.on('message', (length: number) => {
    parentPort?.postMessage(judge(Buffer.from(memory, 0, length), decider));
  });
}

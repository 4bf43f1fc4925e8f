/** The worker's limits, with a worker of the test's own in place of the program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePolicy } from '../../../policy/model/define';
import { createReviewWorker } from '../../../webhook-src/server/worker';
import { POLICY } from '../../fixtures/running-webhook';

const directory = mkdtempSync(join(tmpdir(), 'review-worker-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Does as the body says: `spin`, `hoard`, `fail`, or gives it back. */
const SCRIPT = join(directory, 'worker.js');
writeFileSync(
  SCRIPT,
  `const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', (length) => {
    const text = Buffer.from(workerData.memory, 0, length).toString();
    if (text === 'spin') for (;;);
    if (text === 'hoard') for (const all = []; ; ) all.push({ at: all.length });
    if (text === 'fail') throw new Error('a fault');
    parentPort.postMessage({ outcome: 'unchanged', body: text + workerData.source.policy.rules.length });
  });`,
);

const source = { policy: parsePolicy(POLICY), runtimeClasses: [] };

function started(limitMs = 60_000) {
  const worker = createReviewWorker(SCRIPT, limitMs);
  worker.usePolicy(source);
  return worker;
}

const bodyOf = (...chunks: string[]) => {
  const buffers = chunks.map((chunk) => Buffer.from(chunk));
  return { chunks: buffers, length: buffers.reduce((sum, { length }) => sum + length, 0) };
};

const LIMIT_MS = 60_000;

it(
  'gives the worker the body in one piece, and no more of one before',
  async () => {
    const worker = started();
    expect(await worker.review(bodyOf('a long', ' body'))).toMatchObject({ body: 'a long body1' });
    expect(await worker.review(bodyOf('a'))).toMatchObject({ body: 'a1' });
  },
  LIMIT_MS,
);

it(
  'one that takes too long exceeds the limit on time, and the next is reviewed by a new worker',
  async () => {
    const worker = started(5_000);
    const both = [worker.review(bodyOf('spin')), worker.review(bodyOf('next'))];
    expect(await Promise.all(both)).toEqual([
      { exceeded: { limit: 'time', found: 5_000 } },
      { outcome: 'unchanged', body: 'next1' },
    ]);
  },
  LIMIT_MS,
);

it(
  'one that takes too much memory exceeds that limit, and the process lives',
  async () => {
    const worker = started();
    const both = [worker.review(bodyOf('hoard')), worker.review(bodyOf('next'))];
    expect(await Promise.all(both)).toEqual([
      { exceeded: { limit: 'memory', found: 128 } },
      { outcome: 'unchanged', body: 'next1' },
    ]);
  },
  LIMIT_MS,
);

it(
  'a fault rejects, and the next is reviewed by a new worker',
  async () => {
    const worker = started();
    await expect(worker.review(bodyOf('fail'))).rejects.toThrow('a fault');
    expect(await worker.review(bodyOf('next'))).toMatchObject({ body: 'next1' });
  },
  LIMIT_MS,
);

it(
  'a new policy holds for the next body',
  async () => {
    const worker = started();
    await worker.review(bodyOf('a'));
    worker.usePolicy({ ...source, policy: { ...source.policy, rules: [] } });
    expect(await worker.review(bodyOf('a'))).toMatchObject({ body: 'a0' });
  },
  LIMIT_MS,
);

it(
  'more than 16 that wait are refused',
  async () => {
    const worker = started();
    const verdicts = await Promise.all(
      Array.from({ length: 18 }, () => worker.review(bodyOf('a'))),
    );
    expect(verdicts.slice(0, 17)).toEqual(
      Array.from({ length: 17 }, () => ({ outcome: 'unchanged', body: 'a1' })),
    );
    expect(verdicts[17]).toEqual({
      refused: 'overloaded',
      detail: 'too many large reviews wait',
    });
  },
  LIMIT_MS,
);

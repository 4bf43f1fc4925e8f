/** The worker's limits, with a worker of the test's own in place of the program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePolicy } from '../../../policy/model/define';
import { createAsideJudge } from '../../../webhook-src/server/worker';
import { POLICY } from './running';

const directory = mkdtempSync(join(tmpdir(), 'aside-'));
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
    parentPort.postMessage({ outcome: 'unchanged', body: text + workerData.policy.rules.length });
  });`,
);

const policy = parsePolicy(POLICY);

function started(limitMs = 60_000) {
  const aside = createAsideJudge(SCRIPT, limitMs);
  aside.usePolicy(policy);
  return aside;
}

const bodyOf = (...chunks: string[]) => {
  const buffers = chunks.map((chunk) => Buffer.from(chunk));
  return { chunks: buffers, length: buffers.reduce((sum, { length }) => sum + length, 0) };
};

const LIMIT_MS = 60_000;

it(
  'gives the worker the body in one piece, and no more of one before',
  async () => {
    const aside = started();
    expect(await aside.judge(bodyOf('a long', ' body'))).toMatchObject({ body: 'a long body1' });
    expect(await aside.judge(bodyOf('a'))).toMatchObject({ body: 'a1' });
  },
  LIMIT_MS,
);

it(
  'one that takes too long exceeds the limit on time, and the next is judged by a new worker',
  async () => {
    const aside = started(5_000);
    const both = [aside.judge(bodyOf('spin')), aside.judge(bodyOf('next'))];
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
    const aside = started();
    const both = [aside.judge(bodyOf('hoard')), aside.judge(bodyOf('next'))];
    expect(await Promise.all(both)).toEqual([
      { exceeded: { limit: 'memory', found: 128 } },
      { outcome: 'unchanged', body: 'next1' },
    ]);
  },
  LIMIT_MS,
);

it(
  'a fault rejects, and the next is judged by a new worker',
  async () => {
    const aside = started();
    await expect(aside.judge(bodyOf('fail'))).rejects.toThrow('a fault');
    expect(await aside.judge(bodyOf('next'))).toMatchObject({ body: 'next1' });
  },
  LIMIT_MS,
);

it(
  'a new policy holds for the next body',
  async () => {
    const aside = started();
    await aside.judge(bodyOf('a'));
    aside.usePolicy({ ...policy, rules: [] });
    expect(await aside.judge(bodyOf('a'))).toMatchObject({ body: 'a0' });
  },
  LIMIT_MS,
);

it(
  'more than 16 that wait are refused',
  async () => {
    const aside = started();
    const verdicts = await Promise.all(Array.from({ length: 18 }, () => aside.judge(bodyOf('a'))));
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

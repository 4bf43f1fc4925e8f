/**
 * What the most costly bodies cost, and how they delay other reviews: `node -r ts-node/register bench/webhook-hostile.ts`.
 *
 * First, in this process, the processor time each body takes. Then, against the bundled program, how long small reviews take
 * while each body is sent repeatedly: alone, and beside it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { parsePolicy } from '../policy/model/define';
import { exceededBy } from '../webhook-src/server/limits';
import { createReviewScan } from '../webhook-src/server/structure';
import { compileDecider } from '../webhook-src/server/policy-file';
import { isLarge } from '../webhook-src/server/worker';
import { reviewPod } from '../webhook-src/server/review-pod';
import { DEAR_BODIES } from '../test/fixtures/dear-bodies';
import { POLICY, run, type Running } from '../test/fixtures/running-webhook';
import { post, review } from '../test/fixtures/webhook-calls';

const pod = (spec: object): string => review({ metadata: { name: 'p' }, spec });
const one = (container: object): string =>
  pod({ containers: [{ name: 'c', image: 'x', ...container }] });
const many = (count: number, image: string): string =>
  pod({ containers: Array.from({ length: count }, (_, i) => ({ name: `c${i}`, image })) });

const BODIES: Readonly<Record<string, () => string>> = {
  'a pod of 20 containers': () => many(20, 'registry.example.com/team/image:1.2.3'),
  'a pod of 200 containers': () => many(200, 'registry.example.com/team/image:1.2.3'),
  'inline, only containers': () => many(360, 'a/b'),
  'inline, only objects': () =>
    pod({ volumes: Array.from({ length: 3_900 }, (_, i) => ({ [`k${i}`]: 0 })) }),
  'inline, one quantity': () =>
    one({ resources: { requests: { cpu: `0.${'1'.repeat(60_000)}` } } }),
  ...DEAR_BODIES,
  '100,000 levels': () => '['.repeat(100_000),
  '3,000,000 arrays': () => review({ x: '@' }).replace('"@"', `[${'[],'.repeat(2_300_000)}0]`),
};

function verdict(body: Buffer): string {
  const scan = createReviewScan();
  scan.feed(body, () => undefined);
  if (exceededBy(scan, body.length) !== undefined) return 'refused';
  return isLarge({ length: body.length, cost: scan.cost }) ? 'worker' : 'inline';
}

function inThisThread(): void {
  const decider = compileDecider({ policy: parsePolicy(POLICY), runtimeClasses: [] });
  for (let warm = 0; warm < 200; warm += 1) reviewPod(Buffer.from(many(20, 'a/b')), decider);
  for (const [name, make] of Object.entries(BODIES)) {
    const body = Buffer.from(make());
    const handled = verdict(body);
    const tookMs = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage();
      if (handled === 'refused') createReviewScan().feed(body, () => undefined);
      else reviewPod(body, decider);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    const size = `${(body.length / 1024).toFixed(0).padStart(6)} KB`;
    const cost = `${Math.min(...tookMs)
      .toFixed(1)
      .padStart(7)} ms`;
    console.log(`${name.padEnd(44)} ${size}  ${handled.padEnd(8)} ${cost}`);
  }
}

/** In a process of its own: what sending costs must not be taken for what the server does. */
function sendAgainAndAgain({ port, directory }: Running, body: string): ChildProcess {
  const file = join(directory, 'hostile.json');
  writeFileSync(file, body);
  const script = `
    const body = require('node:fs').readFileSync(${JSON.stringify(file)});
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    (function send() {
      const options = { host: '127.0.0.1', port: ${port}, path: '/v1/mutate', method: 'POST', rejectUnauthorized: false, headers };
      require('node:https').request(options, (answer) => answer.resume().on('end', send)).on('error', send).end(body);
    })();`;
  return spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
}

async function besideOthers(): Promise<void> {
  const server = await run();
  const agent = new Agent({ keepAlive: true, ca: server.authority.certificate });
  async function small(count: number): Promise<string> {
    const tookMs: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const before = performance.now();
      await post(server, { body: review(), agent });
      tookMs.push(performance.now() - before);
    }
    tookMs.sort((a, b) => a - b);
    const at = (share: number): string =>
      (tookMs[Math.floor((tookMs.length - 1) * share)] ?? 0).toFixed(1).padStart(7);
    return `p50 ${at(0.5)}  p99 ${at(0.99)}  longest ${at(1)} ms`;
  }
  try {
    await small(500);
    console.log(`${'alone'.padEnd(44)} ${await small(500)}`);
    for (const [name, make] of Object.entries(BODIES)) {
      const sender = sendAgainAndAgain(server, make());
      console.log(`${name.padEnd(44)} ${await small(300)}`);
      sender.kill('SIGKILL');
    }
  } finally {
    agent.destroy();
    await server.stop();
  }
}

inThisThread();
void besideOthers();

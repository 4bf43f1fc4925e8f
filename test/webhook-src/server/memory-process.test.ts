/**
 * What the process may need in memory, driven there: every connection holds part of a body while the dearest bodies are judged one after
 * the other, and the peak of its resident memory stays below the bound the pod's limit is made from.
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import { MAX_CONNECTIONS } from '../../../webhook-src/server/https';
import { MEMORY_BOUND_BYTES, MEMORY_LIMIT, MEMORY_PARTS } from '../../../webhook-src/server/memory';
import { DEAR_BODIES } from '../../fixtures/dear-bodies';
import { run, type Running } from '../../fixtures/running-webhook';
import { dial, post, review } from '../../fixtures/webhook-calls';

const MIB = 2 ** 20;

/** Left over for what is asked beside those that hold on. */
const HELD_CONNECTIONS = MAX_CONNECTIONS - 64;

/** Of each body that does not end: as much as is never refused. */
const HELD_BYTES = 60 * 1024;

/** cgroup v1 and v2 have the limit of a group in these files. */
const CGROUPS = [
  { root: '/sys/fs/cgroup/memory', file: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', file: 'memory.max' },
];

let server: Running;
let group: string | undefined;

beforeAll(async () => {
  server = await run({ isLimited: true });
  group = confine(server.process.pid ?? 0);
}, 120_000);

afterAll(async () => {
  await server.stop();
  if (group !== undefined) rmdirSync(group);
});

/** Puts the process into a cgroup with the pod's limit, as a kubelet would; gives its path, or undefined where that cannot be. */
function confine(pid: number): string | undefined {
  const reasons: string[] = [];
  for (const { root, file } of CGROUPS) {
    const path = `${root}/secure-ai-memory-test-${pid}`;
    try {
      mkdirSync(path);
      writeFileSync(`${path}/${file}`, String(Number.parseInt(MEMORY_LIMIT, 10) * MIB));
      writeFileSync(`${path}/cgroup.procs`, String(pid));
      return path;
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  console.warn(`not confined to ${MEMORY_LIMIT}: ${reasons.join('; ')}`);
  return undefined;
}

function peakBytes(): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

const HEAD = [
  'POST /v1/mutate HTTP/1.1',
  'host: w',
  'content-type: application/json',
  `content-length: ${7 * MIB}`,
  '\r\n',
].join('\r\n');

/**
 * Keeps as many connections as are to hold on, each with the start of a body. The server cuts each off after 10 s; another takes its place.
 * @returns ends them
 */
async function holdOn(): Promise<() => void> {
  const start = HEAD + review({ x: 'x'.repeat(HELD_BYTES) }).slice(0, HELD_BYTES);
  const sockets = new Set<TLSSocket>();
  let ended = false;
  async function hold(): Promise<void> {
    const socket = await dial(server);
    sockets.add(socket);
    socket.resume().write(start);
    socket.once('close', () => {
      sockets.delete(socket);
      if (!ended) void holdAgain();
    });
  }
  /** A handshake may be cut off where the computer is busy. */
  function holdAgain(): Promise<void> {
    return hold().catch(() => (ended ? undefined : holdAgain()));
  }
  for (let count = 0; count < HELD_CONNECTIONS; count += 16) {
    await Promise.all(Array.from({ length: 16 }, holdAgain));
  }
  return () => {
    ended = true;
    for (const socket of sockets) socket.destroy();
  };
}

/** Status of the answer; asks again where the connection is cut off, as it is while too many are there. */
async function statusOf(body: string, attempts = 20): Promise<number> {
  try {
    return (await post(server, { body })).status;
  } catch (error) {
    if (attempts === 0 || server.process.exitCode !== null) throw error;
    return statusOf(body, attempts - 1);
  }
}

test('the parts add up', () => {
  expect(Object.values(MEMORY_PARTS).reduce((sum, part) => sum + part)).toBe(MEMORY_BOUND_BYTES);
  expect(Number.parseInt(MEMORY_LIMIT, 10) * MIB).toBeGreaterThanOrEqual(MEMORY_BOUND_BYTES);
});

test('it stays below the bound and goes on answering', async () => {
  const letGo = await holdOn();
  const seen = new Set<number>();
  for (const make of Object.values(DEAR_BODIES)) {
    const body = make();
    const answers = await Promise.all([1, 2, 3].map(() => statusOf(body)));
    answers.forEach((status) => seen.add(status));
  }
  letGo();
  const status = await statusOf(review());
  const peak = peakBytes();
  console.info(
    `peak ${(peak / MIB).toFixed(0)} MiB of ${(MEMORY_BOUND_BYTES / MIB).toFixed(0)}, ${group === undefined ? 'not confined' : 'confined'}`,
  );
  expect(status).toBe(200);
  // 503 is an answer too: bodies that come together exceed what large ones may hold.
  expect([...seen].filter((one) => one !== 200 && one !== 503)).toEqual([]);
  expect(seen).toContain(200);
  expect(peak).toBeLessThan(MEMORY_BOUND_BYTES);
}, 600_000);

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '../../local/processes/identity';
import { withLock } from '../../local/processes/lock';
import { markedProcesses } from '../../local/processes/marked';
import { spawnMarked, tailOf } from '../../local/processes/spawn';
import { endMarked, endProcesses } from '../../local/processes/stop';
import { eventually, makeScratch, type Scratch } from './scratch';

let scratch: Scratch;

beforeEach(() => (scratch = makeScratch()));
afterEach(async () => {
  await endMarked(scratch.folder, () => true, 0);
  scratch.remove();
});

const start = (role: string, script: string) =>
  spawnMarked(scratch.folder, {
    role,
    file: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: scratch.folder,
    logFile: logOf(role),
  });
const logOf = (role: string): string => join(scratch.folder, 'logs', `${role}.log`);
const FOREVER = 'setInterval(() => {}, 1000); console.log("up")';
const started = (role: string) =>
  eventually(`${role} is up`, async () => (await tailOf(logOf(role), 1)) || undefined);

describe('marked processes', () => {
  test('are found by the folder of their cluster and distinguished by role', async () => {
    const [a, b] = [await start('a', FOREVER), await start('b', FOREVER)];
    await Promise.all([started('a'), started('b')]);
    const found = await markedProcesses(scratch.folder);
    expect(found.map(({ role, pid }) => [role, pid]).sort()).toEqual([
      ['a', a.pid],
      ['b', b.pid],
    ]);
    expect(await markedProcesses(`${scratch.folder}-other`)).toEqual([]);
    expect(await markedProcesses(scratch.folder.slice(0, -1))).toEqual([]);
  });

  test('that obey SIGTERM end by it, others by SIGKILL after the grace', async () => {
    const polite = await start(
      'polite',
      `process.on("SIGTERM", () => process.exit(7)); ${FOREVER}`,
    );
    const stubborn = await start('stubborn', `process.on("SIGTERM", () => {}); ${FOREVER}`);
    await Promise.all([started('polite'), started('stubborn')]);
    await endMarked(scratch.folder, () => true, 300);
    expect(await markedProcesses(scratch.folder)).toEqual([]);
    await eventually(
      'both are reaped',
      () => (polite.exitCode ?? undefined) && (stubborn.signalCode ?? undefined),
    );
    expect([polite.exitCode, stubborn.signalCode]).toEqual([7, 'SIGKILL']);
  });

  test('are not mistaken for a process that got the same pid', async () => {
    const bystander = spawn(process.execPath, ['-e', FOREVER], { stdio: 'ignore' });
    const pid = bystander.pid ?? 0;
    await endProcesses([{ pid, startTime: 'an earlier life', role: 'etcd' }], 100);
    expect(await identify(pid)).toBeDefined();
    bystander.kill('SIGKILL');
  });
});

describe('a lock', () => {
  const path = (): string => join(scratch.folder, 'x.lock');

  test('is held by one at a time and gone afterwards', async () => {
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(path(), async () => {
        most = Math.max(most, (inside += 1));
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 8 }, enter));
    expect(most).toBe(1);
    expect(() => readFileSync(path())).toThrow('ENOENT');
  });

  test('is released when the work fails', async () => {
    await expect(withLock(path(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await withLock(path(), () => Promise.resolve());
  });

  test('of a holder that was killed is taken over by exactly one of many', async () => {
    const holder = await start('holder', FOREVER);
    await started('holder');
    const identity = await identify(holder.pid ?? 0);
    writeFileSync(path(), JSON.stringify({ ...identity, id: 'gone' }));
    await expect(
      withLock(path(), () => Promise.resolve(), { timeoutMilliseconds: 150 }),
    ).rejects.toMatchObject({
      code: 'LOCAL_LOCKED',
    });
    await endMarked(scratch.folder, () => true, 0);
    let inside = 0;
    const enter = () =>
      withLock(path(), async () => {
        expect((inside += 1)).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 8 }, enter));
  });

  test('that is waited for names its holder once', async () => {
    const waits: number[] = [];
    let release: (() => void) | undefined;
    const first = withLock(path(), () => new Promise<void>((resolve) => (release = resolve)));
    await eventually('the lock is held', () => release);
    const second = withLock(path(), () => Promise.resolve(), { onWait: (pid) => waits.push(pid) });
    await eventually('someone waits', () => (waits.length > 0 ? true : undefined));
    release?.();
    await Promise.all([first, second]);
    expect(waits).toEqual([process.pid]);
  });
});

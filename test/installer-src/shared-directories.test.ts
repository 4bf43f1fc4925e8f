/** The exchange with a hostile other side, on a real file system. */
import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { closeSync, openSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  shutdownDecisionReader,
  MESSAGE_CAP_BYTES,
  statusReader,
  removeShutdownDecision,
  writeShutdownDecision,
  writeStatus,
} from '../../installer-src/shared-directories';
import type { Log } from '../../programs/telemetry/log';

const SECRET = 'content of a file of the host';
const UNINSTALL = '{"action":"uninstall"}';

let directory: string;
let victim: string;
let said: string[];
const servers: Server[] = [];
const descriptors: number[] = [];
const log = {
  error: ({ reason }: { reason: string }) => said.push(reason),
} as unknown as Log;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'exchange-'));
  victim = join(mkdtempSync(join(tmpdir(), 'exchange-host-')), 'victim');
  writeFileSync(victim, SECRET);
  said = [];
});

afterEach(() => {
  descriptors.splice(0).forEach(closeSync);
  for (const server of servers.splice(0)) server.close();
  rmSync(directory, { recursive: true });
  rmSync(join(victim, '..'), { recursive: true });
});

const decisionFile = () => join(directory, 'shutdown-decision.json');

test('what is written is read, each message in its own words', async () => {
  await writeStatus(directory, { live: true });
  await writeShutdownDecision(directory, { action: 'uninstall' });
  expect(await statusReader(directory, log)()).toEqual({ live: true });
  expect(await shutdownDecisionReader(directory, log)()).toEqual({ action: 'uninstall' });
  await writeStatus(directory, { live: false });
  expect(await statusReader(directory, log)()).toEqual({ live: false });
  expect(readdirSync(directory).sort()).toEqual(['shutdown-decision.json', 'status.json']);
  expect(lstatSync(decisionFile()).mode & 0o777).toBe(0o644);
  expect(said).toEqual([]);
});

test('a word of an earlier container can be taken back, and taking back nothing is no fault', async () => {
  await writeShutdownDecision(directory, { action: 'keep' });
  await removeShutdownDecision(directory);
  await removeShutdownDecision(directory);
  expect(await shutdownDecisionReader(directory, log)()).toBeUndefined();
  expect(said).toEqual([]);
});

describe('the writer', () => {
  test.each(['status.json', 'status.json.new'])(
    'overwrites no file that a link %s leads to',
    async (name) => {
      symlinkSync(victim, join(directory, name));
      await writeStatus(directory, { live: true });
      expect(readFileSync(victim, 'utf8')).toBe(SECRET);
      expect(await statusReader(directory, log)()).toEqual({ live: true });
    },
  );

  test('overwrites no file that has the draft as another name', async () => {
    linkSync(victim, join(directory, 'status.json.new'));
    await writeStatus(directory, { live: true });
    expect(readFileSync(victim, 'utf8')).toBe(SECRET);
  });

  test('makes no file where a link leads to none', async () => {
    const absent = `${victim}-absent`;
    symlinkSync(absent, join(directory, 'status.json.new'));
    await writeStatus(directory, { live: true });
    expect(() => lstatSync(absent)).toThrow('ENOENT');
  });

  test('does not wait for a reader of a FIFO', async () => {
    execFileSync('mkfifo', [join(directory, 'status.json.new')]);
    await writeStatus(directory, { live: true });
    expect(await statusReader(directory, log)()).toEqual({ live: true });
  }, 10_000);
});

describe('the reader', () => {
  const plant: Record<string, () => void | Promise<void>> = {
    'a link to a file with a message': () => {
      writeFileSync(victim, UNINSTALL);
      symlinkSync(victim, decisionFile());
    },
    'a link to nothing': () => symlinkSync(`${victim}-absent`, decisionFile()),
    'a link to a device without end': () => symlinkSync('/dev/zero', decisionFile()),
    'another name of a file with a message': () => {
      writeFileSync(victim, UNINSTALL);
      linkSync(victim, decisionFile());
    },
    'a FIFO nobody writes to': () => void execFileSync('mkfifo', [decisionFile()]),
    'a FIFO with a message in it': () => {
      execFileSync('mkfifo', [decisionFile()]);
      const fifo = openSync(decisionFile(), 'r+');
      descriptors.push(fifo);
      writeSync(fifo, UNINSTALL);
    },
    'a directory': () => mkdirSync(decisionFile()),
    'a socket': async () => {
      const server = createServer().listen(decisionFile());
      await new Promise((resolve) => server.once('listening', resolve));
      servers.push(server);
    },
    'a message with a tail of 16 GiB': () => {
      writeFileSync(decisionFile(), UNINSTALL);
      truncateSync(decisionFile(), 16 * 1024 ** 3);
    },
    'a message one byte too long': () =>
      writeFileSync(decisionFile(), UNINSTALL.padEnd(MESSAGE_CAP_BYTES + 1)),
    nothing: () => writeFileSync(decisionFile(), ''),
    'half a message': () => writeFileSync(decisionFile(), UNINSTALL.slice(0, 9)),
    null: () => writeFileSync(decisionFile(), 'null'),
    'a list': () => writeFileSync(decisionFile(), '["uninstall"]'),
    'another word': () => writeFileSync(decisionFile(), '{"action":"format"}'),
    'a word in a prototype': () => writeFileSync(decisionFile(), `{"__proto__":${UNINSTALL}}`),
    'a list for a word': () => writeFileSync(decisionFile(), '{"action":["uninstall"]}'),
    'brackets without end': () => writeFileSync(decisionFile(), '['.repeat(MESSAGE_CAP_BYTES)),
  };

  test.each(Object.keys(plant))(
    'takes %s as absent, and says so once',
    async (what) => {
      await plant[what]?.();
      const read = shutdownDecisionReader(directory, log);
      expect(await read()).toBeUndefined();
      expect(await read()).toBeUndefined();
      expect(said).toEqual([expect.stringMatching(/./)]);
      expect(said.join()).not.toContain(SECRET);
    },
    10_000,
  );

  test('takes a message of the largest size, and a sound one after a bad one', async () => {
    const read = shutdownDecisionReader(directory, log);
    writeFileSync(decisionFile(), 'null');
    expect(await read()).toBeUndefined();
    writeFileSync(decisionFile(), UNINSTALL.padEnd(MESSAGE_CAP_BYTES));
    expect(await read()).toEqual({ action: 'uninstall' });
  });

  test('law: whatever the bytes, it does not fail, and reads only the two words', async () => {
    const read = shutdownDecisionReader(directory, log);
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.record({ action: fc.anything() }).map((value) => Buffer.from(jsonOf(value))),
    );
    await fc.assert(
      fc.asyncProperty(content, async (bytes) => {
        writeFileSync(decisionFile(), bytes);
        expect([undefined, 'keep', 'uninstall']).toContain((await read())?.action);
      }),
    );
  }, 60_000);
});

/** JSON of anything; what JSON has no word for is left out. */
function jsonOf(value: unknown): string {
  const replaced = (_key: string, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member;
  try {
    return JSON.stringify(value, replaced);
  } catch {
    return '{}';
  }
}

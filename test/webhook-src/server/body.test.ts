import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { BODY_CAP_BYTES, createByteBudget, readBody } from '../../../webhook-src/server/body';

const KIB = 1024;

function incoming(headers: Readonly<Record<string, string>> = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;
}

const spaces = (bytes: number): Buffer => Buffer.alloc(bytes, ' ');

it('gives the bytes as they were sent, and how many values they hold', async () => {
  const request = incoming();
  const body = readBody(request, createByteBudget());
  request.write('{"a":');
  request.end('["é"]}');
  const read = await body;
  expect('bytes' in read && [read.bytes.toString(), read.values]).toEqual(['{"a":["é"]}', 3]);
});

it('refuses by the length announced before a byte has come', async () => {
  const request = incoming({ 'content-length': String(BODY_CAP_BYTES + 1) });
  expect(await readBody(request, createByteBudget())).toEqual({ refused: 'body_too_large' });
});

it('takes exactly 7 MiB, and one byte more is refused', async () => {
  for (const [bytes, refused] of [
    [BODY_CAP_BYTES, false],
    [BODY_CAP_BYTES + 1, true],
  ] as const) {
    const request = incoming();
    const body = readBody(request, createByteBudget());
    request.end(spaces(bytes));
    expect('refused' in (await body)).toBe(refused);
  }
});

it('notices a client that leaves', async () => {
  const request = incoming();
  const body = readBody(request, createByteBudget());
  request.write('{');
  request.destroy();
  expect(await body).toEqual({ aborted: true });
});

describe('the budget', () => {
  it('never counts small bodies', async () => {
    const request = incoming();
    const body = readBody(request, createByteBudget(0));
    request.end(spaces(128 * KIB));
    expect(await body).toHaveProperty('bytes');
  });

  it('refuses what exceeds it, and has everything back when a body has ended, was refused or left', async () => {
    const budget = createByteBudget(1024 * KIB);
    const held = incoming();
    const first = readBody(held, budget);
    held.write(spaces(1024 * KIB));
    await new Promise((resolve) => setImmediate(resolve));

    const second = incoming();
    const refused = readBody(second, budget);
    second.write(spaces(512 * KIB));
    expect(await refused).toEqual({ refused: 'overloaded' });

    held.end();
    expect(await first).toHaveProperty('bytes');
    const left = incoming();
    const aborted = readBody(left, budget);
    left.write(spaces(1024 * KIB));
    await new Promise((resolve) => setImmediate(resolve));
    left.destroy();
    await aborted;
    expect(budget.take(1024 * KIB)).toBe(true);
    expect(budget.take(1)).toBe(false);
  });
});

import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { contiguous, readBody, type Body } from '../../../webhook-src/server/body';
import { CHUNK_BYTES, createChunkPool } from '../../../webhook-src/server/chunks';
import { BODY_CAP_BYTES } from '../../../webhook-src/server/memory';

function incoming(headers: Readonly<Record<string, string>> = {}): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers }) as unknown as PassThrough & IncomingMessage;
}

const spaces = (bytes: number): Buffer => Buffer.alloc(bytes, ' ');
const plenty = () => createChunkPool({ reserved: 8, shared: 200 });

/** What a body is read as that comes in these pieces and then ends. */
function read(pieces: readonly (string | Buffer)[], pool = plenty()): Promise<Body> {
  const request = incoming();
  const body = readBody(request, pool);
  for (const piece of pieces) request.write(piece);
  request.end();
  return body;
}

function received(body: Body) {
  if (!('chunks' in body)) throw new Error(JSON.stringify(body));
  return body;
}

it('gives the bytes as they were sent, however many chunks they take', async () => {
  const text = `{"a":["é","${'x'.repeat(3 * CHUNK_BYTES)}"]}`;
  const body = received(await read([text.slice(0, 5), text.slice(5)]));
  expect(contiguous(body).toString()).toBe(text);
  expect(body).toMatchObject({ length: Buffer.byteLength(text), cost: 2 + 1 + 2 + 1 });
});

it('leaves managedFields out, cut anywhere', async () => {
  const start = '{"request":{"uid":"u","object":{"metadata":{"managedFi';
  const body = received(await read([start, 'elds":[{"a', '":"]"}', '],"name":"p"}}}}']));
  expect(contiguous(body).toString()).toBe(`${start}elds":null,"name":"p"}}}}`);
  expect(body.head).toEqual({ uid: 'u', podName: 'p' });
});

it('an empty body is one of no bytes', async () => {
  expect(contiguous(received(await read([])))).toHaveLength(0);
});

describe('what exceeds a cap', () => {
  const HEAD = '{"apiVersion":"v","request":{"uid":"u","name":"p","namespace":"ns","object":{"x":';
  const head = { apiVersion: 'v', uid: 'u', name: 'p', namespace: 'ns' };

  it('7 MiB are taken; one byte more is too large', async () => {
    expect(await read([spaces(BODY_CAP_BYTES)])).toHaveProperty('chunks');
    expect(await read([HEAD, spaces(BODY_CAP_BYTES - HEAD.length + 1)])).toEqual({
      exceeded: { limit: 'bytes', found: BODY_CAP_BYTES + 1 },
      head,
    });
  });

  it('an announced length is enough once the head is read', async () => {
    const request = incoming({ 'content-length': String(BODY_CAP_BYTES + 9) });
    const body = readBody(request, plenty());
    request.write(HEAD);
    request.write(spaces(64 * 1024));
    expect(await body).toEqual({
      exceeded: { limit: 'bytes', found: BODY_CAP_BYTES + 9 },
      head,
    });
  });

  it('is counted to its end, so that all of it can be told', async () => {
    const keys = '"k":0,'.repeat(500_000);
    expect(await read([HEAD, `{${keys}"k":0}`, '}}}'])).toEqual({
      exceeded: { limit: 'cost', found: 4 + 6 + 3 + 2 + 500_001 },
      head,
    });
    expect(await read([HEAD, `${'['.repeat(97)}${']'.repeat(97)}`, '}}}'])).toEqual({
      exceeded: { limit: 'depth', found: 100 },
      head,
    });
  });

  it('is given up at once where nobody could be answered', async () => {
    const request = incoming();
    const body = readBody(request, plenty());
    request.write('['.repeat(65));
    expect(await body).toEqual({ exceeded: { limit: 'depth', found: 65 }, head: {} });
  });

  it('holds no memory, though it goes on', async () => {
    const pool = createChunkPool({ reserved: 1, shared: 2 });
    const request = incoming();
    void readBody(request, pool);
    request.write(`${HEAD}${'['.repeat(CHUNK_BYTES)}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect([pool.take(true), pool.take(false), pool.take(false)]).not.toContain(undefined);
  });
});

it('notices a client that leaves', async () => {
  const request = incoming();
  const body = readBody(request, plenty());
  request.write('{');
  request.destroy();
  expect(await body).toEqual({ aborted: true });
});

describe('the pool', () => {
  it('keeps a chunk for small bodies, whatever large ones hold', async () => {
    const pool = createChunkPool({ reserved: 2, shared: 1 });
    const large = received(await read([spaces(2 * CHUNK_BYTES)], pool));
    expect(await read([spaces(2 * CHUNK_BYTES)], pool)).toEqual({ refused: 'overloaded' });
    expect(await read([spaces(CHUNK_BYTES)], pool)).toHaveProperty('chunks');
    large.release();
  });

  it('has everything back when a body was judged, was refused or left', async () => {
    const pool = createChunkPool({ reserved: 2, shared: 2 });
    const whole = [spaces(3 * CHUNK_BYTES)];
    const judged = received(await read(whole, pool));
    expect(await read(whole, pool)).toEqual({ refused: 'overloaded' });
    judged.release();
    judged.release();
    const left = incoming();
    const aborted = readBody(left, pool);
    left.write(spaces(3 * CHUNK_BYTES));
    await new Promise((resolve) => setImmediate(resolve));
    expect(pool.take(false)).toBeUndefined();
    left.destroy();
    await aborted;
    received(await read(whole, pool));
    expect(pool.take(true)).toBeInstanceOf(Buffer);
    expect([pool.take(true), pool.take(false)]).toEqual([undefined, undefined]);
  });

  it('holds nothing but its chunks, however small the pieces are', async () => {
    const pool = createChunkPool({ reserved: 1, shared: 0 });
    const pieces = Array.from({ length: 1_000 }, () => Buffer.from(' '));
    expect(received(await read(pieces, pool)).chunks).toHaveLength(1);
  });
});

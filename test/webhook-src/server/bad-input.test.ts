/** The table of README.md, asked of the real program: every request that is no review, and what it is answered. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { REFUSALS, type RefusalCode } from '../../../webhook-src/server/refusals';
import { run, type Running } from '../../fixtures/running-webhook';
import {
  dial,
  exchange,
  health,
  metric,
  post,
  review,
  untilClosed,
} from '../../fixtures/webhook-calls';

let server: Running;

beforeAll(async () => {
  server = await run();
}, 30_000);

afterAll(() => server.stop());

/** After every test: the server is alive, and answers a proper review. */
afterEach(async () => {
  const { status, body } = await post(server, { body: review() });
  expect(status).toBe(200);
  expect(body).toContain('"allowed":true');
});

function head(requestLine: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: 'webhook', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${requestLine}\r\n${lines.join('')}\r\n`;
}

const JSON_TYPE = { 'content-type': 'application/json' };

function whole(
  body: string | Buffer,
  headers: Readonly<Record<string, string | number>> = JSON_TYPE,
): Buffer {
  const length = Buffer.byteLength(body);
  return Buffer.concat([
    Buffer.from(head('POST /v1/mutate HTTP/1.1', { ...headers, 'content-length': length })),
    Buffer.from(body),
  ]);
}

function expectRefusal(answer: string, code: RefusalCode): void {
  const [headers = '', body = ''] = answer.split('\r\n\r\n');
  expect(headers.split('\r\n')[0]).toContain(` ${REFUSALS[code].status} `);
  expect(headers.toLowerCase()).toContain('connection: close');
  expect(JSON.parse(body)).toMatchObject({
    kind: 'Status',
    status: 'Failure',
    code: REFUSALS[code].status,
  });
  expect((JSON.parse(body) as { message: string }).message).toContain(REFUSALS[code].message);
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const members = (count: number): string =>
  `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(',')}}`;

/** All are cut off within 11 s; Node itself would look only every 30 s. */
const CUT_OFF_MS = 20_000;

const TABLE: readonly (readonly [string, Buffer | string, RefusalCode])[] = [
  ['GET', head('GET /v1/mutate HTTP/1.1', {}), 'method_not_allowed'],
  ['PUT', head('PUT /v1/mutate HTTP/1.1', { 'content-length': 0 }), 'method_not_allowed'],
  [
    'another path',
    head('POST /mutate HTTP/1.1', { ...JSON_TYPE, 'content-length': 0 }),
    'path_unknown',
  ],
  ['a path below', head('POST /v1/mutate/ HTTP/1.1', { 'content-length': 0 }), 'path_unknown'],
  ['health on this port', head('GET /healthz HTTP/1.1', {}), 'path_unknown'],
  [
    'HTTP/1.0',
    head('POST /v1/mutate HTTP/1.0', { ...JSON_TYPE, 'content-length': 2 }) + '{}',
    'http_version',
  ],
  ['no content type', whole('{}', {}), 'content_type'],
  ['a form', whole('a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 'content_type'],
  ['YAML', whole('a: b', { 'content-type': 'application/yaml' }), 'content_type'],
  ['a longer type', whole('{}', { 'content-type': 'application/jsonx' }), 'content_type'],
  [
    'gzip',
    whole(gzipSync(review()), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
    'content_encoding',
  ],
  ['gzip unannounced', whole(gzipSync(review())), 'not_json'],
  ['empty', whole(''), 'not_json'],
  ['malformed', whole('{"a":}'), 'not_json'],
  ['truncated', whole(review().slice(0, -10)), 'not_json'],
  ['a byte order mark', whole(`\uFEFF${review()}`), 'not_json'],
  ['NaN', whole('{"a":NaN}'), 'not_json'],
  ['two documents', whole(`${review()}${review()}`), 'not_json'],
  ['null', whole('null'), 'not_a_review'],
  ['an array', whole('[]'), 'not_a_review'],
  ['another kind', whole('{"apiVersion":"v1","kind":"Pod"}'), 'not_a_review'],
  ['another version', whole(review().replace('k8s.io/v1', 'k8s.io/v2')), 'not_a_review'],
  [
    'no request',
    whole('{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'),
    'not_a_review',
  ],
  ['no uid', whole(review({}, { uid: undefined })), 'not_a_review'],
  ['an empty uid', whole(review({}, { uid: '' })), 'not_a_review'],
  ['a uid that is a number', whole(review({}, { uid: 7 })), 'not_a_review'],
  ['operation null', whole(review({}, { operation: null })), 'not_a_review'],
  ['resource null', whole(review({}, { resource: null })), 'not_a_review'],
  ['resource an array', whole(review({}, { resource: ['', 'v1', 'pods'] })), 'not_a_review'],
  ['namespace a number', whole(review({}, { namespace: 1 })), 'not_a_review'],
  ['subResource an object', whole(review({}, { subResource: {} })), 'not_a_review'],
  ['a review in __proto__', whole(`{"__proto__":${review()}}`), 'not_a_review'],
  ['65 levels', whole(nested(65)), 'too_deep'],
  ['100,000 levels', whole(nested(100_000)), 'too_deep'],
  ['3 million levels', whole(nested(3_000_000)), 'too_deep'],
  ['400,001 keys', whole(members(400_001)), 'too_costly'],
  ['3 million values', whole(`[${'0,'.repeat(3_000_000)}0]`), 'too_costly'],
  ['8 MiB', whole(`"${'a'.repeat(8 << 20)}"`), 'body_too_large'],
];

describe('a request that is no review', () => {
  it.each(TABLE)(
    '%s',
    async (_name, bytes, code) => {
      expectRefusal(await exchange(server, bytes), code);
    },
    CUT_OFF_MS,
  );

  it('tells GET what is allowed', async () => {
    expect(await exchange(server, head('GET /v1/mutate HTTP/1.1', {}))).toMatch(
      /\r\nallow: POST\r\n/i,
    );
  });

  it('is counted under its code', async () => {
    const line = 'secure_ai_mutator_requests_total{outcome="not_json"}';
    const before = await metric(server, line);
    await exchange(server, whole('{'));
    expect(await metric(server, line)).toBe(before + 1);
  });
});

describe('a body without length', () => {
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const chunkedHead = head('POST /v1/mutate HTTP/1.1', {
    ...JSON_TYPE,
    'transfer-encoding': 'chunked',
    connection: 'close',
  });

  it('is read as it comes', async () => {
    const text = review();
    const answer = await exchange(
      server,
      `${chunkedHead}${chunk(text.slice(0, 50))}${chunk(text.slice(50))}0\r\n\r\n`,
    );
    expect(answer).toContain('200 OK');
    expect(answer).toContain('"allowed":true');
  });

  it('is refused at 7 MiB, however it is cut', async () => {
    const piece = chunk('a'.repeat(1 << 20));
    expectRefusal(
      await exchange(server, `${chunkedHead}${chunk('"')}${piece.repeat(8)}0\r\n\r\n`),
      'body_too_large',
    );
  });

  it('is refused as soon as it nests too deep, though it never ends', async () => {
    const socket = await dial(server);
    const answer = new Promise<string>((resolve) =>
      socket.once('data', (piece: Buffer) => resolve(piece.toString())),
    );
    socket.write(`${chunkedHead}${chunk('['.repeat(65))}`);
    expect(await answer).toContain(' 413 ');
    socket.destroy();
  });
});

describe('two ways to say where a request ends', () => {
  it.each([
    ['length and chunks', { 'content-length': 4, 'transfer-encoding': 'chunked' }],
    ['chunks and something else', { 'transfer-encoding': 'chunked, identity' }],
    ['a length that is none', { 'content-length': '4, 5' }],
    ['a negative length', { 'content-length': -1 }],
  ])('%s: 400, and what follows is never taken for a request', async (_name, headers) => {
    const smuggled = head('POST /v1/mutate HTTP/1.1', { ...JSON_TYPE, 'content-length': 0 });
    const answer = await exchange(
      server,
      `${head('POST /v1/mutate HTTP/1.1', { ...JSON_TYPE, ...headers })}0\r\n\r\n${smuggled}`,
    );
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('two lengths that differ', async () => {
    const lengths = 'content-length: 2\r\ncontent-length: 3\r\n';
    const answer = await exchange(
      server,
      `POST /v1/mutate HTTP/1.1\r\nhost: w\r\ncontent-type: application/json\r\n${lengths}\r\n{} `,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('bytes that are no request', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['no host', 'POST /v1/mutate HTTP/1.1\r\ncontent-length: 0\r\n\r\n', 400],
    ['a head of 64 KiB', head('POST /v1/mutate HTTP/1.1', { 'x-long': 'a'.repeat(65_536) }), 431],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ])('%s', async (_name, bytes, status) => {
    expect(await exchange(server, bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('a client that leaves in the middle of a body', async () => {
    const line = 'secure_ai_mutator_connection_errors_total{kind="aborted"}';
    const before = await metric(server, line);
    const socket = await dial(server);
    socket.write(
      `${head('POST /v1/mutate HTTP/1.1', { ...JSON_TYPE, 'content-length': 100 })}{"a"`,
    );
    socket.destroy();
    await expect(eventually(async () => (await metric(server, line)) > before)).resolves.toBe(true);
  });
});

/** Asks again, one answer after the other, until the answer is yes; a deadline ends it. */
async function eventually(asked: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) if (await asked()) return true;
  return false;
}

describe('pipelined requests', () => {
  it('are answered one after the other, in order', async () => {
    const socket = await dial(server);
    const answer = untilClosed(socket);
    const one = (uid: string): Buffer => whole(review(undefined, { uid }));
    socket.write(Buffer.concat([one('first'), one('second'), whole('{'), one('never read')]));
    const text = await answer;
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(text.indexOf('"uid":"first"')).toBeLessThan(text.indexOf('"uid":"second"'));
    expect(text).not.toContain('never read');
  });
});

describe('slow clients', () => {
  it(
    'are cut off, whether head or body never ends, while others are answered',
    async () => {
      const slowHead = await dial(server);
      const slowBody = await dial(server);
      const ended = Promise.all([untilClosed(slowHead), untilClosed(slowBody)]);
      slowHead.write('POST /v1/mutate HTTP/1.1\r\nhost: w\r\n');
      slowBody.write(head('POST /v1/mutate HTTP/1.1', { ...JSON_TYPE, 'content-length': 1000 }));
      slowBody.write('{');
      expect((await post(server, { body: review() })).status).toBe(200);
      for (const answer of await ended) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    },
    CUT_OFF_MS,
  );

  it(
    'that have sent nothing yet are idle, not slow: their first request is answered',
    async () => {
      const ahead = await dial(server);
      const slow = await dial(server);
      slow.write('POST /v1/mutate HTTP/1.1\r\n');
      expect(await untilClosed(slow)).toMatch(/^HTTP\/1\.1 408 /);
      const answer = new Promise<string>((resolve) =>
        ahead.once('data', (piece: Buffer) => resolve(piece.toString())),
      );
      ahead.write(whole(review()));
      expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
      ahead.destroy();
    },
    CUT_OFF_MS,
  );

  it(
    'that connect and say nothing are cut off',
    async () => {
      const line = 'secure_ai_mutator_connection_errors_total{kind="handshake"}';
      const before = await metric(server, line);
      const silent = connect({ host: '127.0.0.1', port: server.port });
      await new Promise((resolve) => silent.resume().once('close', resolve));
      expect(await metric(server, line)).toBe(before + 1);
    },
    CUT_OFF_MS,
  );
});

describe('the health port', () => {
  it.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 404],
    ['/', 404],
    ['/v1/mutate', 404],
  ])('%s: %d', async (path, status) => {
    expect((await health(server, path)).status).toBe(status);
  });
});

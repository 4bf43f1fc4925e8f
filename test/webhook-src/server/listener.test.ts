/** What the listener does when the rest of the program is not well; over plain HTTP, which is all it sees. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { Registry } from 'prom-client';
import { createListener, type Admission } from '../../../webhook-src/server/listener';
import { createMetrics } from '../../../webhook-src/server/metrics';

let server: Server | undefined;
const lines: string[] = [];

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  lines.length = 0;
});

async function ask(
  changes: Partial<Admission>,
): Promise<{ status: number; headers: object; body: string }> {
  const admission: Admission = {
    phase: () => 'serving',
    review: () => ({ outcome: 'untouched', body: '{}', logFields: undefined }),
    isAllowedClient: () => true,
    metrics: createMetrics(new Registry()),
    log: pino({}, { write: (line: string) => lines.push(line) }),
    ...changes,
  };
  const listening = createServer(createListener(admission));
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const sent = request(
      { port, host: '127.0.0.1', path: '/v1/mutate', method: 'POST', headers },
      (response) => {
        let body = '';
        response.on('data', (piece: Buffer) => (body += piece.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    sent.on('error', reject);
    sent.end('{}');
  });
}

const broken = new Error('cause-in-the-log');

it.each([
  [
    'throws',
    () => {
      throw broken;
    },
  ],
  ['rejects', () => Promise.reject(broken)],
] as const)(
  'answers 500 when the review %s, and says why only in the log',
  async (_name, review) => {
    const answer = await ask({ review });
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('cause-in-the-log');
    expect(lines.join()).toContain('cause-in-the-log');
  },
);

it('refuses new reviews while stopping, with Retry-After', async () => {
  const review = jest.fn();
  const answer = await ask({ phase: () => 'stopping', review });
  expect(answer).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1', connection: 'close' },
  });
  expect(review).not.toHaveBeenCalled();
});

it('answers as ever while draining, and closes the connection', async () => {
  expect(await ask({ phase: () => 'draining' })).toMatchObject({
    status: 200,
    headers: { connection: 'close' },
  });
});

it('keeps the connection while serving', async () => {
  expect(await ask({})).toMatchObject({ status: 200, headers: { connection: 'keep-alive' } });
});

it('does not review for a client that is not allowed', async () => {
  const review = jest.fn();
  expect((await ask({ isAllowedClient: () => false, review })).status).toBe(403);
  expect(review).not.toHaveBeenCalled();
});

it('records a decision by closed lists only', async () => {
  const metrics = createMetrics(new Registry());
  const logFields = {
    uid: 'u',
    namespace: 'a-namespace',
    name: 'a-name',
    runtime: 'kata',
    source: 'rule',
    rules: ['a-rule'],
    codes: ['RULE_VIOLATED'],
  } as const;
  await ask({ metrics, review: () => ({ outcome: 'denied', body: '{}', logFields }) });
  expect((await metrics.decisions.get()).values).toMatchObject([
    { value: 1, labels: { runtime: 'kata', source: 'rule' } },
  ]);
  expect((await metrics.denials.get()).values).toContainEqual({
    value: 1,
    labels: { code: 'RULE_VIOLATED' },
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ...logFields, msg: 'denied' });
});

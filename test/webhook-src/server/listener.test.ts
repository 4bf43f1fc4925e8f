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
  body = '{}',
): Promise<{ status: number; headers: object; body: string }> {
  const admission: Admission = {
    phase: () => 'serving',
    review: () => ({ outcome: 'untouched', body: '{}', logFields: undefined }),
    enforcementOf: () => 'deny',
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
    sent.end(body);
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

const FIELDS = {
  uid: 'u',
  namespace: 'a-namespace',
  name: 'a-name',
  runtime: 'kata',
  source: 'rule',
  rules: ['a-rule'],
  codes: ['RULE_VIOLATED'],
  enforcement: 'deny',
  previews: [{ enforcement: 'warn', runtime: 'kata', source: 'rule', codes: ['HOLLOW_SANDBOX'] }],
  isRepeated: false,
} as const;

it('records a decision and its previews by closed lists only', async () => {
  const metrics = createMetrics(new Registry());
  await ask({ metrics, review: () => ({ outcome: 'denied', body: '{}', logFields: FIELDS }) });
  const labels = { runtime: 'kata', source: 'rule' };
  expect((await metrics.decisions.get()).values).toMatchObject([
    { value: 1, labels: { ...labels, enforcement: 'deny' } },
    { value: 1, labels: { ...labels, enforcement: 'warn' } },
  ]);
  expect(
    (await metrics.denials.get()).values.filter(({ value }) => value > 0).map((one) => one.labels),
  ).toEqual([
    { code: 'RULE_VIOLATED', enforcement: 'deny' },
    { code: 'HOLLOW_SANDBOX', enforcement: 'warn' },
  ]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ...FIELDS, msg: 'denied' });
});

describe('a review that exceeds a limit', () => {
  const head = { apiVersion: 'admission.k8s.io/v1', uid: 'u', namespace: 'team', podName: 'big' };
  const body = JSON.stringify({
    apiVersion: head.apiVersion,
    kind: 'AdmissionReview',
    request: {
      uid: head.uid,
      namespace: head.namespace,
      object: { metadata: { name: head.podName }, spec: deep(70) },
    },
  });
  const MESSAGE =
    'POD_TOO_LARGE Pod team/big: it nests 74 levels deep, more than the limit of 64. Fix: remove the deeply nested field; no field of a pod nests that deep';
  const auditAnnotations = (enforcement: string) => ({
    [enforcement]: '{"codes":["POD_TOO_LARGE"]}',
  });

  it.each([
    ['deny', { allowed: false, status: { code: 403, message: MESSAGE } }],
    ['warn', { allowed: true, warnings: [MESSAGE], auditAnnotations: auditAnnotations('warn') }],
    ['audit', { allowed: true, auditAnnotations: auditAnnotations('audit') }],
  ] as const)('under %s', async (enforcement, expected) => {
    const asked: string[] = [];
    const enforcementOf = (namespace: string) => {
      asked.push(namespace);
      return enforcement;
    };
    const answer = await ask({ enforcementOf }, body);
    const { response } = JSON.parse(answer.body) as { response: object };
    expect(response).toMatchObject(expected);
    expect('warnings' in response).toBe(enforcement === 'warn');
    expect(asked).toEqual(['team']);
  });

  it('is denied where no namespace says that nothing is enforced', async () => {
    const unnamed = body.replace('"namespace":"team",', '');
    const answer = await ask({ enforcementOf: () => 'audit' }, unnamed);
    expect(JSON.parse(answer.body)).toMatchObject({ response: { allowed: false } });
  });
});

function deep(levels: number): object {
  return levels === 0 ? {} : { a: deep(levels - 1) };
}

/** Start, stop and load of the real program. */
import { Agent } from 'node:https';
import { run, type Running } from '../../fixtures/running-webhook';
import { dial, health, metric, post, review, untilClosed } from '../../fixtures/webhook-calls';

let server: Running;
afterEach(() => server.stop());

function phase(): Promise<string> {
  return health(server, '/readyz').then(({ body }) => body);
}

/** Asks again, one answer after the other, until the readiness says so. */
async function untilReadyz(text: string): Promise<void> {
  while (!(await phase()).includes(text));
}

describe('SIGTERM', () => {
  it('is followed by a grace in which every review is answered and every connection is sent away, then by exit 0', async () => {
    server = await run({ flags: ['--drain-seconds=1'] });
    const agent = new Agent({ keepAlive: true, maxSockets: 3, ca: server.authority.certificate });
    const kept = await post(server, { body: review(), agent });
    expect(kept.headers['connection']).toBe('keep-alive');

    server.process.kill('SIGTERM');
    await untilReadyz('[-]phase: draining');
    let exited = false;
    void server.exit.then(() => (exited = true));
    const outcomes = new Set<string>();
    while (!exited) {
      try {
        const { status, headers } = await post(server, { body: review(), agent });
        outcomes.add(`${status} ${String(headers['connection'])}`);
      } catch (error) {
        // From here on new connections are refused: in a cluster they have been going elsewhere for the whole grace.
        expect((error as NodeJS.ErrnoException).code).toMatch(/ECONNREFUSED|ECONNRESET/);
        break;
      }
    }
    outcomes.delete('503 close');
    expect([...outcomes]).toEqual(['200 close']);
    expect(await server.exit).toBe(0);
    agent.destroy();
  }, 30_000);

  it('does not cut a review whose body is still on its way', async () => {
    server = await run({ flags: ['--drain-seconds=0.2'] });
    const body = review();
    const socket = await dial(server);
    const answer = untilClosed(socket);
    socket.write(
      `POST /v1/mutate HTTP/1.1\r\nhost: w\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.slice(0, 20));
    server.process.kill('SIGTERM');
    await untilReadyz('[-]phase: stopping');
    socket.write(body.slice(20));
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*"allowed":true/i);
    expect(await server.exit).toBe(0);
  }, 30_000);

  it('ends idle connections and does not wait for them', async () => {
    server = await run({ flags: ['--drain-seconds=0'] });
    const body = review();
    const idle = await dial(server);
    const closed = untilClosed(idle);
    const answered = new Promise((resolve) => idle.once('data', resolve));
    const headers = `host: w\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    idle.write(`POST /v1/mutate HTTP/1.1\r\n${headers}\r\n\r\n${body}`);
    await answered;
    server.process.kill('SIGTERM');
    expect(await closed).toMatch(/^HTTP\/1\.1 200 [^]*"allowed":true/);
    expect(await server.exit).toBe(0);
    const at = (msg: string): number =>
      Date.parse(String(server.lines.find((line) => line.msg === msg)?.['time']));
    // At the deadline of 5 s it would be cut.
    expect(at('stopped') - at('stopping')).toBeLessThan(4_000);
  }, 30_000);

  it('before there is a certificate ends at once', async () => {
    server = await run({ certificate: 'none', until: ['health listening'] });
    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  }, 30_000);
});

describe('flags that cannot be used', () => {
  it.each([[['--nonsense']], [['--client-name=x']], [['--drain-seconds=soon']]])(
    '%j: exit 2',
    async (flags) => {
      server = await run({ flags, until: [] });
      expect(await server.exit).toBe(2);
    },
  );
});

describe('a large review', () => {
  const image = 'registry.example/'.padEnd(650, 'x');
  const large = review({
    metadata: { name: 'large' },
    spec: { containers: Array.from({ length: 3_000 }, (_, i) => ({ name: `c${i}`, image })) },
  });

  it('is answered, and while it is judged others are', async () => {
    server = await run();
    const socket = await dial(server);
    const headers = 'content-type: application/json\r\nconnection: close\r\n';
    let answered = false;
    const answer = untilClosed(socket).then((text) => {
      answered = true;
      return text;
    });
    socket.write(
      `POST /v1/mutate HTTP/1.1\r\nhost: w\r\n${headers}content-length: ${large.length}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.write(large.slice(0, -1), resolve));
    const agent = new Agent({ keepAlive: true, ca: server.authority.certificate });
    // Once this is answered the body is all there but for a byte, and both connections are warm.
    for (let i = 0; i < 20; i += 1) await post(server, { body: review(), agent });
    socket.write(large.slice(-1));
    let others = 0;
    while (!answered) {
      await post(server, { body: review(), agent });
      others += 1;
    }
    expect(await answer).toContain('"allowed":true');
    // Starting a worker and judging take the time of dozens; judged in the same thread it would be one or two.
    expect(others).toBeGreaterThan(5);
    agent.destroy();
  }, 60_000);

  it('beyond what may wait is to be sent again', async () => {
    server = await run();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => post(server, { body: large })),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 503]));
    for (const { status, headers } of answers)
      if (status === 503) expect(headers['retry-after']).toBe('1');
    expect(
      await metric(server, 'secure_ai_mutator_requests_total{outcome="overloaded"}'),
    ).toBeGreaterThan(0);
    expect((await post(server, { body: review() })).status).toBe(200);
  }, 60_000);
});

describe('the log', () => {
  it('tells of a decision what it needs and nothing of the pod but its name', async () => {
    server = await run();
    const object = {
      metadata: { generateName: 'train-', annotations: { note: 'hidden-annotation' } },
      spec: {
        containers: [
          { name: 'c', image: 'pytorch/x', env: [{ name: 'KEY', value: 'hidden-value' }] },
        ],
      },
    };
    await post(server, { body: review(object) });
    const line = await server.line(({ msg }) => msg === 'patched');
    expect(line).toMatchObject({
      level: 'info',
      uid: 'f0b1a2c3-0000-4000-8000-000000000000',
      namespace: 'ns',
      name: 'train-*',
      runtime: 'kata',
      source: 'rule',
      rules: ['heavy'],
      codes: [],
    });
    expect(line['durationMs']).toEqual(expect.any(Number));
    expect(JSON.stringify(server.lines)).not.toContain('hidden');
  }, 30_000);

  it('never repeats a body that is no JSON', async () => {
    server = await run();
    await post(server, { body: '{"env": hidden-value' });
    await server.line(({ msg }) => msg === 'request refused');
    expect(JSON.stringify(server.lines)).not.toContain('hidden');
  }, 30_000);
});

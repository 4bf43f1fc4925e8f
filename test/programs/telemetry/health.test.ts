import { Gauge, Registry } from 'prom-client';
import { request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createHealthServer, createMetricsServer } from '../../../programs/telemetry/health';

let servers: Server[] = [];
const held = new Set<Socket>();

afterEach(() => {
  for (const socket of held) socket.destroy();
  held.clear();
  for (const server of servers) server.close();
  servers = [];
});

let accepted: number;

async function listening(server: Server): Promise<number> {
  servers.push(server);
  accepted = 0;
  server.on('connection', () => (accepted += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface Answered {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly body: string;
}

/** As the kubelet asks: a connection of its own, and a second's patience. */
function get(port: number, path: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false, timeout: 1_000 };
    const sent = request({ ...options, headers: { connection: 'keep-alive' } }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () => {
        const { statusCode: status, headers } = response;
        resolve({ status, connection: headers.connection, body });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 1 s')));
    sent.on('error', reject).end();
  });
}

/** Opens connections that we never close, sends `words` on each, and resolves when the server has accepted them. */
async function hold(port: number, count: number, words: string): Promise<Socket[]> {
  const open = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
      held.add(socket);
      socket.on('error', () => undefined).resume();
      if (words !== '') socket.write(words);
    });
  const enough = accepted + count;
  const sockets = await Promise.all(Array.from({ length: count }, open));
  while (accepted < enough) await new Promise((resolve) => setImmediate(resolve));
  return sockets;
}

describe('the health port', () => {
  it.each([
    ['only connected', ''],
    ['half a request sent', 'GET /healthz HTTP/1.1\r\nhost: x\r\n'],
    ['idle after an answer', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('answers every probe while hundreds of connections are held: %s', async (_, words) => {
    const port = await listening(createHealthServer(() => new Map()));
    await hold(port, 400, words);
    for (let i = 0; i < 50; i += 1) {
      await hold(port, 10, words);
      expect((await get(port, '/healthz')).status).toBe(200);
    }
  });

  it('keeps no connection alive', async () => {
    const port = await listening(createHealthServer(() => new Map()));
    expect(await get(port, '/healthz')).toEqual({ status: 200, connection: 'close', body: 'ok\n' });
  });

  it('says why it is not ready, and serves no metrics', async () => {
    const port = await listening(createHealthServer(() => new Map([['policy', 'not loaded']])));
    expect(await get(port, '/readyz')).toMatchObject({
      status: 503,
      body: '[-]policy: not loaded\n',
    });
    expect((await get(port, '/metrics')).status).toBe(404);
  });
});

describe('the metrics port', () => {
  it('renders once for all who ask at the same time', async () => {
    let rendered = 0;
    const registry = new Registry();
    const collect = (): void => void (rendered += 1);
    new Gauge({ name: 'g', help: 'h', registers: [registry], collect });
    const port = await listening(createMetricsServer(registry));
    expect((await get(port, '/metrics')).body).toContain('# TYPE g gauge');
    expect((await get(port, '/healthz')).status).toBe(404);
    rendered = 0;
    const asking = await hold(port, 100, '');
    const answered = asking.map((socket) => new Promise((resolve) => socket.once('data', resolve)));
    for (const socket of asking) socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    for (const data of await Promise.all(answered))
      expect(String(data)).toMatch(/^HTTP\/1\.1 200 /);
    expect(rendered).toBeLessThan(50);
  });
});

import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { boundConnections } from '../../programs/connections';
import { makeAuthority, makeCertificate, type Pair } from '../fixtures/certificates';

/** Peers, all of this computer: Linux answers on the whole of 127.0.0.0/8. */
const NEIGHBOUR = '127.0.0.2';
const API_SERVER = '127.0.0.3';

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

let server: Server | ReturnType<typeof createHttpServer>;
let authority: Pair;
let certificate: Pair;
let client: Pair;
let closed: number;
const sockets: Socket[] = [];

beforeAll(async () => {
  authority = await makeAuthority();
  certificate = await makeCertificate({}, authority);
  client = await makeCertificate({ name: 'api-server', use: 'client' }, authority);
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

async function serveTls(maxConnections: number, clientsProve: boolean): Promise<void> {
  closed = 0;
  server = createServer(
    {
      cert: certificate.certificate,
      key: certificate.key,
      ca: authority.certificate,
      requestCert: clientsProve,
      rejectUnauthorized: false,
    },
    (_, response) => response.end('ok'),
  );
  boundConnections(server, {
    maxConnections,
    ...(clientsProve && { isClient: (socket: TLSSocket) => socket.authorized }),
    onClose: () => (closed += 1),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

const port = (): number => (server.address() as AddressInfo).port;

function track<T extends Socket>(socket: T, ready: string): Promise<T> {
  sockets.push(socket);
  socket.on('error', () => undefined).resume();
  return new Promise((resolve, reject) => {
    socket.once(ready, () => resolve(socket));
    socket.once('close', () => reject(new Error('closed before it was ready')));
  });
}

const dial = (localAddress: string): Promise<Socket> =>
  track(connect({ host: '127.0.0.1', port: port(), localAddress }), 'connect');

function dialTls(localAddress: string, pair?: Pair): Promise<TLSSocket> {
  const own = pair === undefined ? {} : { cert: pair.certificate, key: pair.key };
  const to = { host: '127.0.0.1', port: port(), rejectUnauthorized: false };
  return track(connectTls({ ...to, ...own, localAddress } as never), 'secureConnect');
}

/** Resolves with whether the server answers on this connection. */
function answers(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('data', (data: Buffer) => resolve(data.toString().startsWith('HTTP/1.1 200')));
    socket.once('close', () => resolve(false));
    if (socket.destroyed) resolve(false);
    socket.write(GET);
  });
}

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

/** Resolves when the server has closed this many connections. */
async function closes(count: number): Promise<void> {
  while (closed < count) await new Promise((resolve) => setImmediate(resolve));
}

it('whoever holds the most loses the quietest; others keep what they have', async () => {
  await serveTls(10, false);
  const kept = await times(3, () => dialTls(API_SERVER));
  for (const socket of kept) expect(await answers(socket)).toBe(true);
  const held = [];
  for (let i = 0; i < 40; i += 1) held.push(await dial(NEIGHBOUR));
  await closes(33);
  for (const socket of kept) expect(await answers(socket)).toBe(true);
  expect(await answers(await dialTls(API_SERVER))).toBe(true);
  // The latest are the ones that stay.
  expect(held.slice(-6).filter(({ closed: gone }) => gone)).toEqual([]);
});

it('a connection that asks is not the quietest', async () => {
  await serveTls(4, false);
  const [first, ...others] = await times(4, () => dialTls(NEIGHBOUR));
  for (const socket of [...others, first as TLSSocket]) expect(await answers(socket)).toBe(true);
  await times(3, () => dial(NEIGHBOUR));
  await closes(3);
  expect(await answers(first as TLSSocket)).toBe(true);
  expect(await Promise.all(others.map(answers))).toEqual([false, false, false]);
});

it('one whose request is being answered goes last of its peer', async () => {
  closed = 0;
  let answer: ServerResponse | undefined;
  server = createHttpServer((request, response) => {
    request.resume();
    answer = response;
  });
  boundConnections(server, { maxConnections: 3, onClose: () => (closed += 1) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const asking = await dial(NEIGHBOUR);
  const answered = answers(asking);
  while (answer === undefined) await new Promise((resolve) => setImmediate(resolve));
  await times(10, () => dial(NEIGHBOUR));
  await closes(8);
  answer.end('ok');
  expect(await answered).toBe(true);
});

describe('where clients prove who they are', () => {
  it('strangers go first, then those whose handshake is not done, though all share an address', async () => {
    await serveTls(12, true);
    const clients = await times(3, () => dialTls(NEIGHBOUR, client));
    for (const socket of clients) expect(await answers(socket)).toBe(true);
    const unfinished = await times(5, () => dial(NEIGHBOUR));
    const strangers = await times(4, () => dialTls(NEIGHBOUR));
    for (const socket of strangers) expect(await answers(socket)).toBe(true);
    expect(closed).toBe(0);
    const late = await times(4, () => dialTls(NEIGHBOUR, client));
    await closes(4);
    expect(await Promise.all(strangers.map(answers))).toEqual([false, false, false, false]);
    expect(unfinished.filter((socket) => socket.closed)).toEqual([]);
    await times(5, () => dialTls(NEIGHBOUR, client));
    await closes(9);
    for (const socket of [...clients, ...late]) expect(await answers(socket)).toBe(true);
  });

  it('a flood of handshakes costs no client, and a new client gets in', async () => {
    await serveTls(96, true);
    const clients = await times(20, () => dialTls(NEIGHBOUR, client));
    for (let i = 0; i < 10; i += 1) {
      await times(50, () => dial(NEIGHBOUR));
      expect(await answers(await dialTls(API_SERVER, client))).toBe(true);
    }
    for (const socket of clients) expect(await answers(socket)).toBe(true);
  });

  it('clients that fill everything leave room for one more', async () => {
    await serveTls(10, true);
    const clients = await times(10, () => dialTls(NEIGHBOUR, client));
    for (const socket of clients) expect(await answers(socket)).toBe(true);
    expect(await answers(await dialTls(NEIGHBOUR, client))).toBe(true);
    await closes(1);
    expect(clients[0]?.destroyed).toBe(true);
  });
});

/** The transport and what stands on it, against a real TLS server that records what it is asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectByPath, type PathApi } from '../../kubernetes/by-path';
import { connect } from '../../kubernetes/client';
import type { NamedObject } from '../../kubernetes/object';
import { reflect } from '../../kubernetes/reflector';
import { writeKubeconfig } from '../../local/control-plane/kubeconfig';
import { connectApiServer } from '../fixtures/api-server';
import { makeAuthority, makeCertificate } from '../fixtures/certificates';

interface Asked {
  readonly request: IncomingMessage;
  readonly body: string;
}

let directory: string;
let kubeconfig: string;
let server: Server;
let api: PathApi;
let asked: Asked[];
let answer: (response: ServerResponse, request: IncomingMessage) => void;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  kubeconfig = join(directory, 'kubeconfig');
  const authority = await makeAuthority();
  const { certificate, key } = await makeCertificate({}, authority);
  const client = await makeCertificate({ name: 'admin', use: 'client' }, authority);
  const tls = { cert: certificate, key, ca: authority.certificate };
  server = createServer(
    { ...tls, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        asked.push({ request, body });
        answer(response, request);
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { certificate: ca } = authority;
  await writeKubeconfig(kubeconfig, { cluster: 'test', user: 'admin', server: url, ca, client });
  api = await connectByPath({ kubeconfig });
});

beforeEach(() => (asked = []));

afterAll(() => {
  api.close();
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

function answerWith(status: number, body: unknown): void {
  answer = (response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
}

const last = () => asked.at(-1)?.request;

/** Common name of the client's certificate. */
function userOf(request: IncomingMessage | undefined): string | undefined {
  const socket = request?.socket as { getPeerCertificate?: () => { subject?: { CN?: string } } };
  return socket.getPeerCertificate?.().subject?.CN;
}

test('objects are parsed, and whatever else comes is a string', async () => {
  answerWith(200, { kind: 'Pod' });
  expect(await api.get('/api/v1/x')).toEqual({ kind: 'Pod' });
  answerWith(200, 'ok');
  expect(await api.get('/readyz')).toBe('ok');
  expect(userOf(last())).toBe('admin');
});

test('requests share one connection', async () => {
  answerWith(200, {});
  await api.get('/a');
  await api.get('/b');
  const [first, second] = asked.map(({ request }) => request.socket.remotePort);
  expect(first).toBe(second);
});

test('a refusal is an ApiError with the status and the reason of the server', async () => {
  answerWith(409, { kind: 'Status', reason: 'Conflict', message: 'it has changed' });
  await expect(api.create('/x', {})).rejects.toMatchObject({
    status: 409,
    reason: 'Conflict',
    message: 'it has changed',
  });
});

test('what does not exist is undefined to find, and no error to delete', async () => {
  answerWith(404, { kind: 'Status', message: 'not found' });
  expect(await api.find('/x')).toBeUndefined();
  await api.delete('/x', { gracePeriodSeconds: 0 });
  expect(asked.at(-1)?.body).toBe('{"gracePeriodSeconds":0}');
  await expect(api.get('/x')).rejects.toMatchObject({ status: 404 });
});

test('apply names the field manager, and keeps the query of the path', async () => {
  answerWith(200, {});
  await api.apply('/x?dryRun=All', { a: 1 }, 'some one');
  expect(last()).toMatchObject({
    method: 'PATCH',
    url: '/x?dryRun=All&fieldManager=some+one&force=true',
  });
  expect(last()?.headers).toMatchObject({ 'content-type': 'application/apply-patch+yaml' });
});

test('a server that stays silent or breaks off is an ApiError of status 0', async () => {
  answer = () => undefined;
  await expect(api.get('/x', { timeoutSeconds: 0.05 })).rejects.toMatchObject({
    status: 0,
    message: 'no answer: no answer within 0.05 s',
  });
  answer = (response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('{');
    setImmediate(() => response.destroy());
  };
  await expect(api.get('/x')).rejects.toMatchObject({ status: 0 });
});

test('a token replaces the user of the kubeconfig, and refusals are answers with their warnings', async () => {
  const tests = await connectApiServer(kubeconfig, 'secret');
  answer = (response) =>
    response.writeHead(422, { Warning: '299 - "mind the \\"gap\\""' }).end('{"kind":"Status"}');
  expect(await tests.send({ method: 'PUT', path: '/x', body: {} })).toEqual({
    status: 422,
    body: { kind: 'Status' },
    warnings: ['mind the "gap"'],
  });
  expect(last()?.headers.authorization).toBe('Bearer secret');
  expect(userOf(last())).toBeUndefined();
  tests.close();
});

test('the object client speaks over the same transport', async () => {
  const objects = await connect({ kubeconfig });
  answerWith(200, { gitVersion: 'v1.36.3' });
  expect(await objects.version()).toBe('v1.36.3');
});

test('a reflector lists, follows the watch, and lists again when it ends', async () => {
  const stop = new AbortController();
  const watches: ServerResponse[] = [];
  let listed = ['a', 'b'];
  answer = (response, { url = '' }) => {
    if (url.includes('watch=true')) return void watches.push(response.writeHead(200));
    const items = listed.map((name) => ({ metadata: { name } }));
    response.end(JSON.stringify({ items, metadata: { resourceVersion: '7' } }));
  };
  const changes: string[] = [];
  let onChange = (): void => undefined;
  const changed = () => new Promise<void>((resolve) => (onChange = resolve));
  const collection = reflect<NamedObject>(
    api,
    '/api/v1/pods',
    () => {
      changes.push([...collection.objects.keys()].join());
      onChange();
    },
    stop.signal,
  );
  const event = (type: string, name: string) =>
    JSON.stringify({ type, object: { metadata: { name } } }) + '\n';
  const watching = async () => {
    while (watches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return watches.shift() as ServerResponse;
  };

  const watch = await watching();
  expect(last()?.url).toBe('/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=7');
  const added = changed();
  const [head, tail] = [event('ADDED', 'c').slice(0, 9), event('ADDED', 'c').slice(9)];
  watch.write(head);
  watch.write(tail);
  await added;
  const deleted = changed();
  watch.write(event('BOOKMARK', 'x') + event('DELETED', 'a'));
  await deleted;
  listed = ['d'];
  const again = changed();
  watch.end();
  await again;
  expect(changes).toEqual(['a,b', 'a,b,c', 'b,c', 'd']);
  await watching();
  stop.abort();
});

/** The API client against a real TLS server that records what it is asked. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectApi, type Api } from '../../programs/api';
import { makeAuthority, makeCertificate } from '../fixtures/certificates';

let directory: string;
let server: Server;
let api: Api;
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'account-'));
  const authority = await makeAuthority();
  const { certificate, key } = await makeCertificate({}, authority);
  writeFileSync(join(directory, 'ca.crt'), authority.certificate);
  server = createServer({ cert: certificate, key }, (request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  api = connectApi({ host: '127.0.0.1', port, serviceAccountDir: directory, fieldManager: 'me' });
});

beforeEach(() => writeFileSync(join(directory, 'token'), 'first\n'));

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

function answerWith(status: number, body: string): void {
  answer = (_request, response) => response.writeHead(status).end(body);
}

it('reads the token for every request: the kubelet replaces it', async () => {
  const tokens: unknown[] = [];
  answer = (request, response) => {
    tokens.push(request.headers.authorization);
    response.end('{}');
  };
  await api.get('/x');
  writeFileSync(join(directory, 'token'), 'second');
  await api.get('/x');
  expect(tokens).toEqual(['Bearer first', 'Bearer second']);
});

it('sends a patch with its type and the field manager', async () => {
  let seen: unknown;
  answer = ({ method, url, headers }, response, body) => {
    seen = [method, url, headers['content-type'], body];
    response.writeHead(201).end('{"made":true}');
  };
  expect(await api.patch('/x', 'application/merge-patch+json', { a: 'é' })).toEqual({ made: true });
  expect(seen).toEqual([
    'PATCH',
    '/x?fieldManager=me',
    'application/merge-patch+json',
    '{"a":"é"}',
  ]);
});

it('reads 404 as absent, and only for GET', async () => {
  answerWith(404, '{"message":"not found"}');
  expect(await api.get('/x')).toBeUndefined();
  await expect(api.patch('/x', 'application/merge-patch+json', {})).rejects.toMatchObject({
    status: 404,
  });
});

it.each([
  [403, '{"kind":"Status","message":"secrets is forbidden"}', 'secrets is forbidden'],
  [409, '{"message":"the object has been modified"}', 'the object has been modified'],
  [502, '<html>bad gateway</html>', '<html>bad gateway</html>'],
])('tells what a %d says', async (status, body, message) => {
  answerWith(status, body);
  await expect(api.get('/x')).rejects.toMatchObject({
    name: 'ApiError',
    status,
    message: `the API server answered ${status}: ${message}`,
  });
});

it('refuses an answer without end', async () => {
  answer = (_request, response) => {
    response.on('error', () => undefined);
    response.end(Buffer.alloc(5 << 20, ' '));
  };
  await expect(api.get('/x')).rejects.toThrow(/too large/);
});

it('talks to nobody whose certificate the ServiceAccount CA did not sign', async () => {
  const stranger = await makeAuthority();
  const other = mkdtempSync(join(tmpdir(), 'account-'));
  writeFileSync(join(other, 'ca.crt'), stranger.certificate);
  writeFileSync(join(other, 'token'), 'secret-token');
  let asked = false;
  answer = () => (asked = true);
  const { port } = server.address() as AddressInfo;
  const wrong = connectApi({
    host: '127.0.0.1',
    port,
    serviceAccountDir: other,
    fieldManager: 'me',
  });
  await expect(wrong.get('/x')).rejects.toThrow(/certificate|signature/i);
  expect(asked).toBe(false);
  rmSync(other, { recursive: true });
});

/** The plain HTTP port of both programs: `/healthz` (the loop turns), `/readyz` (it can do its work), `/metrics`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** Why the program is not ready, by check; an empty map means ready. */
export type Unready = ReadonlyMap<string, string>;

/** Kubelet and Prometheus are the only callers: a handful of connections. */
const MAX_CONNECTIONS = 64;

export function createHealthServer(unready: () => Unready, metrics: Registry): Server {
  const server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 5_000,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      answer(request, unready, metrics).then(
        ({ status, type, body }) => send(response, status, type, body),
        () => send(response, 500, 'text/plain; charset=utf-8', 'internal error\n'),
      );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(
  request: IncomingMessage,
  unready: () => Unready,
  metrics: Registry,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return text(405, 'method not allowed\n');
  switch (request.url?.split('?', 1)[0] ?? '') {
    case '/healthz':
      return text(200, 'ok\n');
    case '/readyz': {
      const reasons = unready();
      if (reasons.size === 0) return text(200, 'ok\n');
      return text(503, [...reasons].map(([check, reason]) => `[-]${check}: ${reason}\n`).join(''));
    }
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    default:
      return text(404, 'not found\n');
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/**
 * The plain HTTP ports of the programs: `/healthz` (the event loop turns) and `/readyz` (it can do its work) on the health port,
 * `/metrics` on a separate port, so that clients of the metrics cannot block the kubelet's probes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { boundConnections } from '../connections';

/** Why the program is not ready, by check; an empty map means ready. */
export type Unready = ReadonlyMap<string, string>;

/**
 * Kubelet and Prometheus are the only callers and need one or two connections. At the limit the connection that has been quiet longest
 * is closed, so the kubelet gets an answer however many are open.
 */
const MAX_CONNECTIONS = 128;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export function createHealthServer(unready: () => Unready): Server {
  return createPlainServer((path) => {
    if (path === '/healthz') return text(200, 'ok\n');
    if (path !== '/readyz') return undefined;
    const reasons = unready();
    if (reasons.size === 0) return text(200, 'ok\n');
    return text(503, [...reasons].map(([check, reason]) => `[-]${check}: ${reason}\n`).join(''));
  });
}

export function createMetricsServer(metrics: Registry): Server {
  let rendering: Promise<string> | undefined;
  /** Rendered at most once a turn of the event loop and shared by its requests: a flood must not delay probes and reviews. */
  const render = (): Promise<string> =>
    (rendering ??= nextTurn().then(() => {
      rendering = undefined;
      return metrics.metrics();
    }));
  return createPlainServer(async (path) =>
    path === '/metrics'
      ? { status: 200, type: metrics.contentType, body: await render() }
      : undefined,
  );
}

/** @param answer returns undefined for a path that is not served */
function createPlainServer(
  answer: (path: string) => Answer | undefined | Promise<Answer | undefined>,
): Server {
  async function answerRequest({ method, url = '' }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'method not allowed\n');
    return (await answer(url.split('?', 1)[0] ?? '')) ?? text(404, 'not found\n');
  }
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      answerRequest(request).then(
        (answered) => send(response, answered),
        () => send(response, text(500, 'internal error\n')),
      );
    },
  );
  boundConnections(server, { maxConnections: MAX_CONNECTIONS });
  return server;
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  // Every request uses a new connection, as the kubelet's probes do anyway (kubernetes v1.36.3 pkg/probe/http, DisableKeepAlives).
  response.shouldKeepAlive = false;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

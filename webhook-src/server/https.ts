/** The HTTPS server: HTTP/1.1 only, TLS 1.3 only, with a limit on every resource a client can hold. */
import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { boundConnections } from '../../programs/connections';
import type { Metrics } from './metrics';

/**
 * API servers hold idle connections for 90 s (Go net/http DefaultTransport.IdleConnTimeout). Closing a connection earlier races with
 * the next request, which is then lost: they do not resend a POST after EOF.
 */
const KEEP_ALIVE_MS = 150_000;

/** Timeouts of a slow head or body. An API server sends both at once, and waits 30 s at most for the answer. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;

/** How often Node checks those two timeouts; its default of 30 s would extend them to 35 s and 40 s. */
const TIMEOUT_CHECK_MS = 1_000;

/**
 * An API server keeps 25 idle connections and has at most 200 mutating requests in flight (--max-mutating-requests-inflight), so this
 * serves two API servers whose every request is a pod, each connection at about 50 KB.
 */
export const MAX_CONNECTIONS = 512;

interface ClientFault {
  readonly kind: string;
  /** The answer to the client, if the connection has reached the stage for one. */
  readonly status?: string;
}

/** As Node itself answers (nodejs lib/_http_server.js, socketOnError). */
function clientFault(code = ''): ClientFault {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { kind: 'timeout', status: '408 Request Timeout' };
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { kind: 'head_too_large', status: '431 Request Header Fields Too Large' };
  }
  if (code.startsWith('HPE_')) return { kind: 'malformed', status: '400 Bad Request' };
  return { kind: code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'handshake' };
}

export interface AdmissionServer {
  readonly context: SecureContextOptions;
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Whether a connection belongs to an allowed client. Without a client CA every connection counts the same. */
  readonly isAllowedClient: (socket: TLSSocket) => boolean;
  readonly metrics: Metrics;
}

export function createAdmissionServer(options: AdmissionServer): Server {
  const { context, listener, isAllowedClient, metrics } = options;
  const clientsProve = context.ca !== undefined;
  const server = createServer(
    {
      ...context,
      // Harmless without a client CA: the server requests a certificate and ignores it.
      requestCert: clientsProve,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      // API servers resume no sessions (client-go sets no ClientSessionCache); without tickets every connection authenticates again.
      secureOptions: constants.SSL_OP_NO_TICKET,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      noDelay: true,
    },
    listener,
  );
  boundConnections(server, {
    maxConnections: MAX_CONNECTIONS,
    ...(clientsProve && { isClient: isAllowedClient }),
    onClose: () => metrics.connectionErrors.inc({ kind: 'over_limit' }),
  });
  // Faults of the handshake come here too (nodejs lib/https.js, addClientError). Nothing can be written then, and a socket that is only
  // ended would wait for its handshake forever.
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) {
      // Node counts from the handshake on. Go's HTTP client dials ahead (net/http Transport.dialConnFor keeps a connection that lost
      // the race for its request), and would treat a 408 that crosses its first request as the answer to it.
      socket.setTimeout(KEEP_ALIVE_MS, () => socket.destroy());
      return;
    }
    const { kind, status } = clientFault(error.code);
    metrics.connectionErrors.inc({ kind });
    if (status === undefined || !socket.writable) socket.destroy();
    else {
      const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
      socket.end(head, () => socket.destroy());
    }
  });
  return server;
}

/** Requests to the API server whose refusals are answers, not errors: tests look at both. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  readonly path: string;
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
}

export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  /** The object, or a `Status` that says why not. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Texts of the `Warning` headers (RFC 7234, 5.5), in which webhooks speak to the caller. */
  readonly warnings: readonly string[];
}

export interface ApiServer {
  /** Rejects only where no answer comes. */
  send(request: Request): Promise<Answer>;
  close(): void;
}

interface Kubeconfig {
  readonly clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

/** Longer than the longest webhook timeout (30 s), so that the API server's own answer comes first. */
const TIMEOUT_MILLISECONDS = 60_000;

/**
 * @param kubeconfig path of one that `secure-ai up` wrote
 * @param token whose requests they are. @default those of the kubeconfig's user
 */
export function connectApiServer(kubeconfig: string, token?: string): ApiServer {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const decode = (base64: string) => Buffer.from(base64, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster['certificate-authority-data']),
    ...(token === undefined && {
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    }),
  });

  const send = async ({ method, path, body, contentType }: Request): Promise<Answer> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const content = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        Accept: 'application/json',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(content !== undefined && {
          'Content-Type': contentType ?? 'application/json',
          'Content-Length': Buffer.byteLength(content),
        }),
      };
      const outgoing = request(new URL(path, cluster.server), { method, headers, agent }, resolve);
      outgoing.setTimeout(TIMEOUT_MILLISECONDS, () => outgoing.destroy(new Error('no answer')));
      outgoing.on('error', reject);
      outgoing.end(content);
    });
    return {
      status: response.statusCode ?? 0,
      body: JSON.parse(await text(response)) as Answer['body'],
      warnings: (response.headersDistinct['warning'] ?? []).map(warningText),
    };
  };
  return { send, close: () => agent.destroy() };
}

/** `299 - "text"`, with quotes and backslashes escaped (apimachinery pkg/util/net, NewWarningHeader). */
function warningText(header: string): string {
  const quoted = /^299 \S+ "(.*)"$/s.exec(header)?.[1] ?? header;
  return quoted.replace(/\\(.)/gs, '$1');
}

/** HTTPS requests to an API server with the credentials of a kubeconfig: the one transport of every client in this folder. */
import type { KubeConfig } from '@kubernetes/client-node';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { ApiError } from './api';
import type { LoadedKubeConfig } from './kubeconfig';
import { stringAt } from './object';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** May have a query; `query` is added to it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body. @default application/json */
  readonly contentType?: string;
  /** Ends the request, and the answer where that is still arriving. */
  readonly signal?: AbortSignal;
  /** How long the server may stay silent; 0 for ever. @default 60 */
  readonly timeoutSeconds?: number;
}

interface ApiResponse {
  readonly status: number;
  readonly text: string;
}

/** Longer than the longest webhook timeout the API server allows (30 s), so that its own answer comes first. */
const TIMEOUT_SECONDS = 60;

/** Credentials of exec plugins and token files expire, so they are read again after this time. */
const CREDENTIALS_LIFETIME_MILLISECONDS = 60_000;

export interface Transport {
  /** The answer as it arrives, whatever its status. Throws `ApiError` of status 0 if none comes. */
  open(request: ApiRequest): Promise<IncomingMessage>;
  /** Closes idle connections, which do not keep the process alive. */
  close(): void;
}

/** Carries out a request and reads the whole answer; statuses of 400 and above become `ApiError`. */
export type Send = (request: ApiRequest) => Promise<ApiResponse>;

export function createTransport({ config, server }: LoadedKubeConfig): Transport {
  const agent = new https.Agent({ keepAlive: true });
  let credentials: { readonly options: https.RequestOptions; readonly until: number } | undefined;
  const current = async (): Promise<https.RequestOptions> => {
    if (credentials === undefined || credentials.until < Date.now()) {
      const options = await connectionOptions(config, agent);
      credentials = { options, until: Date.now() + CREDENTIALS_LIFETIME_MILLISECONDS };
    }
    return credentials.options;
  };
  return {
    open: async (request) => open(server, await current(), request),
    close: () => agent.destroy(),
  };
}

export function createSender(transport: Transport): Send {
  return async (request) => {
    const response = await readAll(await transport.open(request));
    if (response.status >= 400) throw refusal(response);
    return response;
  };
}

async function connectionOptions(
  config: KubeConfig,
  agent: https.Agent,
): Promise<https.RequestOptions> {
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  // The library's agent uses the proxy that a kubeconfig names, but keeps no connection.
  if (config.getCurrentCluster()?.proxyUrl === undefined) options.agent = agent;
  return options;
}

function open(
  server: string,
  options: https.RequestOptions,
  request: ApiRequest,
): Promise<IncomingMessage> {
  const url = new URL(`${server.replace(/\/$/, '')}${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {}))
    url.searchParams.set(name, value);
  const { signal, timeoutSeconds = TIMEOUT_SECONDS } = request;
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers: OutgoingHttpHeaders = {
    ...(options.headers as OutgoingHttpHeaders | undefined),
    Accept: 'application/json, */*',
    'User-Agent': 'secure-ai-sandbox',
  };
  if (body !== undefined) {
    headers['Content-Type'] = request.contentType ?? 'application/json';
    // Node frames the body of a DELETE only when it knows the length.
    headers['Content-Length'] = Buffer.byteLength(body);
  }
  return new Promise((resolve, reject) => {
    const outgoing = https.request(
      url,
      {
        ...options,
        headers,
        method: request.method,
        timeout: timeoutSeconds * 1_000,
        ...(signal && { signal }),
      },
      resolve,
    );
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`no answer within ${timeoutSeconds} s`)),
    );
    outgoing.on('error', (error) => reject(noAnswer(error)));
    outgoing.end(body);
  });
}

/** @throws ApiError of status 0 when the answer breaks off */
export async function readAll(response: IncomingMessage): Promise<ApiResponse> {
  try {
    return { status: response.statusCode ?? 0, text: await text(response) };
  } catch (error) {
    throw noAnswer(error as Error);
  }
}

function noAnswer(error: Error): ApiError {
  return new ApiError(0, 'Unreachable', `no answer: ${error.message}`, {
    cause: error,
  });
}

export function refusal(response: ApiResponse): ApiError {
  const status = parseStatus(response.text);
  const message = stringAt(status, 'message') ?? response.text.trim().slice(0, 500);
  return new ApiError(
    response.status,
    stringAt(status, 'reason') ?? '',
    message === '' ? `HTTP ${response.status}` : message,
  );
}

/** Proxies in front of an API server answer with HTML; only JSON is a Status. */
function parseStatus(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

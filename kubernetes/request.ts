/** One HTTPS request to an API server with the credentials of a kubeconfig. */
import type { KubeConfig } from '@kubernetes/client-node';
import http from 'node:http';
import https from 'node:https';
import { ApiError } from './api';
import { textAt } from './object';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body. @default application/json */
  readonly contentType?: string;
}

interface ApiResponse {
  readonly status: number;
  readonly text: string;
}

/** Longer than the longest webhook timeout the API server allows (30 s), so that its own answer comes first. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Credentials of exec plugins and token files expire; they are asked for again after this long. */
const CREDENTIALS_LIFETIME_MS = 60_000;

export type Send = (request: ApiRequest) => Promise<ApiResponse>;

/** A sender for the current context of a kubeconfig. Answers of 400 and above become `ApiError`. */
export function createSender(config: KubeConfig, server: string): Send {
  let credentials: { readonly options: https.RequestOptions; readonly until: number } | undefined;
  const current = async (): Promise<https.RequestOptions> => {
    if (credentials === undefined || credentials.until < Date.now()) {
      const options: https.RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      credentials = { options, until: Date.now() + CREDENTIALS_LIFETIME_MS };
    }
    return credentials.options;
  };
  return async (request) => {
    const response = await exchange(server, await current(), request);
    if (response.status >= 400) throw refusal(response);
    return response;
  };
}

function exchange(
  server: string,
  options: https.RequestOptions,
  request: ApiRequest,
): Promise<ApiResponse> {
  const url = new URL(`${server.replace(/\/$/, '')}${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {}))
    url.searchParams.set(name, value);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers: http.OutgoingHttpHeaders = {
    ...(options.headers as http.OutgoingHttpHeaders | undefined),
    Accept: 'application/json, */*',
    'User-Agent': 'secure-ai-sandbox',
  };
  if (body !== undefined) {
    headers['Content-Type'] = request.contentType ?? 'application/json';
    headers['Content-Length'] = Buffer.byteLength(body);
  }
  const protocol = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(noAnswer(error));
    const outgoing = protocol.request(
      url,
      { ...options, headers, method: request.method, timeout: REQUEST_TIMEOUT_MS },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1000} s`)),
    );
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

function noAnswer(error: Error): ApiError {
  return new ApiError(0, 'Unreachable', `no answer: ${error.message}`, {
    cause: error,
  });
}

function refusal(response: ApiResponse): ApiError {
  const status = parseStatus(response.text);
  const message = textAt(status, 'message') ?? response.text.trim().slice(0, 500);
  return new ApiError(
    response.status,
    textAt(status, 'reason') ?? '',
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

import { readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';

/** Any Kubernetes object, as far as this folder reads it. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
}

/** What the API server answered when it refused; `code` is the HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

interface Call {
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** @default 10 s; a watch has none */
  readonly timeoutMilliseconds?: number;
}

/**
 * The few calls to the API server this folder makes, over keep-alive connections with the client certificate of a
 * kubeconfig that `writeKubeconfig` wrote. Not for kubeconfigs in general.
 */
export class ApiClient {
  readonly #agent: Agent;
  readonly #server: URL;

  constructor(kubeconfig: string) {
    const config = parse(readFileSync(kubeconfig, 'utf8')) as LocalKubeconfig;
    const { cluster } = config.clusters[0];
    const { user } = config.users[0];
    this.#server = new URL(cluster.server);
    this.#agent = new Agent({
      keepAlive: true,
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    });
  }

  async get<T>(path: string, call: Call = {}): Promise<T> {
    return this.#call<T>('GET', path, call);
  }

  /** As `get`, `undefined` where there is no such object. */
  async find<T>(path: string, call: Call = {}): Promise<T | undefined> {
    return this.get<T>(path, call).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    });
  }

  async create<T>(path: string, body: unknown, call: Call = {}): Promise<T> {
    return this.#call<T>('POST', path, { ...call, body });
  }

  /** Server-side apply; fields of other owners are taken over. */
  async apply<T>(path: string, body: unknown, fieldManager: string): Promise<T> {
    const query = `fieldManager=${encodeURIComponent(fieldManager)}&force=true`;
    return this.#call<T>('PATCH', `${path}?${query}`, {
      body,
      contentType: 'application/apply-patch+yaml',
    });
  }

  /** JSON merge patch (RFC 7396). */
  async merge<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  }

  /** Deletes; an object that is gone already is no error. */
  async delete(path: string, options: unknown = {}): Promise<void> {
    await this.#call('DELETE', path, { body: options }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    });
  }

  /** The lines of a watch, each parsed, until the server or `signal` ends it. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const response = await this.#open('GET', path, { signal, timeoutMilliseconds: 0 });
    response.setEncoding('utf8');
    let rest = '';
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as WatchEvent;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #call<T>(method: string, path: string, call: Call): Promise<T> {
    const text = await read(await this.#open(method, path, call));
    return (text.startsWith('{') ? JSON.parse(text) : text) as T;
  }

  async #open(method: string, path: string, call: Call): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      'Content-Type': call.contentType ?? 'application/json',
      Accept: 'application/json',
      // Node frames the body of a DELETE only when told its length.
      ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options: RequestOptions = { method, headers, agent: this.#agent };
      if (call.signal) options.signal = call.signal;
      const outgoing = request(new URL(path, this.#server), options, resolve);
      const timeout = call.timeoutMilliseconds ?? 10_000;
      outgoing.setTimeout(timeout, () => outgoing.destroy(new Error(`no answer in ${timeout} ms`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    if ((response.statusCode ?? 500) < 400) return response;
    throw new ApiError(
      response.statusCode ?? 500,
      `${method} ${path}: ${messageOf(await read(response))}`,
    );
  }
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

interface LocalKubeconfig {
  readonly clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

function decode(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

async function read(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

/** The `message` of a `Status` object, or the text itself. */
function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message);
  } catch {
    return text;
  }
}

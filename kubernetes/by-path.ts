/**
 * Requests by URL path for what `KubernetesApi` does not cover: subresources, watches, collections, and writes as
 * another field manager.
 */
import { ApiError } from './api';
import { loadKubeConfig, type ConnectOptions } from './kubeconfig';
import type { NamedObject } from './object';
import { createSender, createTransport, readAll, refusal, type ApiRequest } from './request';

type CallOptions = Pick<ApiRequest, 'signal' | 'timeoutSeconds'>;

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: NamedObject;
}

/** Every operation throws `ApiError` when the server refuses it or cannot be reached. An answer that is not a JSON object is returned as a string. */
export interface PathApi {
  get<T>(path: string, options?: CallOptions): Promise<T>;
  /** As `get`, but `undefined` if the object does not exist. */
  find<T>(path: string): Promise<T | undefined>;
  create<T>(path: string, body: unknown): Promise<T>;
  /** Server-side apply; fields of other owners are taken over. */
  apply<T>(path: string, body: unknown, fieldManager: string): Promise<T>;
  /** JSON merge patch (RFC 7386). */
  merge<T>(path: string, body: unknown): Promise<T>;
  /** An object that does not exist is no error. */
  delete(path: string, options?: unknown): Promise<void>;
  /** The events of a watch until the server or `signal` ends it. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent>;
  /** Closes idle connections. */
  close(): void;
}

/** @throws SandboxError as `loadKubeConfig` */
export async function connectByPath(options: ConnectOptions): Promise<PathApi> {
  const transport = createTransport(await loadKubeConfig(options));
  const send = createSender(transport);
  const call = async <T>(request: ApiRequest): Promise<T> => {
    const { text } = await send(request);
    return (text.startsWith('{') ? JSON.parse(text) : text) as T;
  };
  return {
    get: (path, { signal, timeoutSeconds } = {}) =>
      call({
        method: 'GET',
        path,
        ...(signal && { signal }),
        ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      }),
    find: async <T>(path: string) => {
      try {
        return await call<T>({ method: 'GET', path });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    },
    create: (path, body) => call({ method: 'POST', path, body }),
    apply: (path, body, fieldManager) =>
      call({
        method: 'PATCH',
        path,
        query: { fieldManager, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body,
      }),
    merge: (path, body) =>
      call({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body }),
    delete: async (path, body = {}) => {
      try {
        await call({ method: 'DELETE', path, body });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      }
    },
    async *watch(path, signal) {
      const response = await transport.open({ method: 'GET', path, signal, timeoutSeconds: 0 });
      if ((response.statusCode ?? 0) >= 400) throw refusal(await readAll(response));
      response.setEncoding('utf8');
      let rest = '';
      for await (const chunk of response) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as WatchEvent;
      }
    },
    close: () => transport.close(),
  };
}

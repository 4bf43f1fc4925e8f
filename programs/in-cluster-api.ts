/**
 * The few API server requests of the programs in the cluster, over `node:https` with the pod's own ServiceAccount. Separate from
 * `kubernetes/`, whose client reads kubeconfigs and would make the bundles many times larger.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { SandboxError, SHARED_ERRORS } from '../base/errors';
import { portFlag } from './flag-kinds';

/** The operations a program needs of an API server; tests pass their own. */
export interface Api {
  /** The object at `path`, or undefined if none exists. @throws ApiError */
  get(path: string): Promise<unknown>;
  /**
   * Sends a patch. Any patch that names `metadata.resourceVersion` is refused with 409 when the object has changed since.
   * An apply patch creates an object that does not exist, and is authorized as `create` with the object's name, unlike a POST
   * (apiserver v0.36.3 pkg/endpoints/handlers/patch.go, createAuthorizerAttributes); if a field it names has another value that
   * another field manager owns, it is refused with 409.
   * @throws ApiError
   */
  patch(path: string, type: PatchType, body: unknown): Promise<unknown>;
}

export type PatchType =
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

/** An answer that is not 2xx. The message is the API server's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ApiConnection {
  readonly host: string;
  readonly port: number;
  /** Directory with `token` and `ca.crt`. Both are read for every request: the kubelet replaces them while the pod runs. */
  readonly serviceAccountDir: string;
  /** Field manager of every write, as `managedFields` shows it. */
  readonly fieldManager: string;
}

/**
 * The API server of the cluster the pod runs in, which the kubelet names by two variables.
 * @throws SandboxError `USAGE_INVALID` if they are not set
 */
export function connectOwnApi(
  environment: NodeJS.ProcessEnv,
  account: Omit<ApiConnection, 'host' | 'port'>,
): Api {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment;
  if (host === '' || portFlag.read(port) === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: 'KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT',
        reason: 'do not name an API server',
        fix: 'run this in a pod, or set both variables',
      },
    ]);
  }
  return connectApi({ ...account, host, port: Number(port) });
}

const TIMEOUT_MS = 10_000;

/** A Secret is 1 MiB at most, and this project's webhook configurations are smaller. */
const ANSWER_CAP_BYTES = 4 * 1024 * 1024;

export function connectApi(connection: ApiConnection): Api {
  return {
    async get(path) {
      const { status, body } = await ask(connection, 'GET', path);
      return status === 404 ? undefined : parsed(status, body);
    },
    async patch(path, type, content) {
      const query = new URLSearchParams({ fieldManager: connection.fieldManager });
      const { status, body } = await ask(connection, 'PATCH', `${path}?${query.toString()}`, {
        type,
        text: JSON.stringify(content),
      });
      return parsed(status, body);
    },
  };
}

function parsed(status: number, body: string): unknown {
  if (status >= 200 && status < 300) return JSON.parse(body) as unknown;
  throw new ApiError(status, `the API server answered ${status}: ${messageOf(body)}`);
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not a Status: the answer of a proxy in between.
  }
  return body.slice(0, 256);
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function ask(
  { host, port, serviceAccountDir }: ApiConnection,
  method: 'GET' | 'PATCH',
  path: string,
  content?: { readonly type: PatchType; readonly text: string },
): Promise<Answer> {
  const [token, ca] = await Promise.all([
    readFile(join(serviceAccountDir, 'token'), 'utf8'),
    readFile(join(serviceAccountDir, 'ca.crt'), 'utf8'),
  ]);
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      authorization: `Bearer ${token.trim()}`,
      ...(content === undefined
        ? {}
        : { 'content-type': content.type, 'content-length': Buffer.byteLength(content.text) }),
    };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = request(
      { host, port, path, method, headers, ca, agent: false, signal },
      (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > ANSWER_CAP_BYTES)
            sent.destroy(new Error('the answer of the API server is too large'));
          else pieces.push(piece);
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(pieces).toString('utf8'),
          }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(content?.text);
  });
}

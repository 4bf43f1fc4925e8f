/**
 * Two calls to the container runtime over its CRI socket: its version, and its handlers. gRPC is HTTP/2 with
 * length-prefixed protobuf, and these calls need so little of either that a library would be most of this program.
 * Messages: k8s.io/cri-api v0.36.3, pkg/apis/runtime/v1/api.proto.
 */
import { connect as connectHttp2, type ClientHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { bytesFields, textFields } from './protobuf';

export interface Cri {
  /** Name and version, such as `containerd` and `v2.3.7`. */
  version(): Promise<{ readonly name: string; readonly version: string }>;
  /**
   * Path of the shim by handler, as configured in the running process, `''` if the runtime's type determines it.
   * `node.status.runtimeHandlers` does not show it, and is empty before containerd 2.
   */
  handlers(): Promise<ReadonlyMap<string, string>>;
}

const TIMEOUT_MS = 5_000;

/** A gRPC status of "OK" (github.com/grpc/grpc, doc/statuscodes.md). */
const OK = '0';

export function connectCri(socket: string): Cri {
  return {
    async version() {
      // VersionResponse: runtime_name = 2, runtime_version = 3
      const answer = await call(socket, 'Version', Buffer.alloc(0));
      const [name = ''] = textFields(answer, 2);
      const [version = ''] = textFields(answer, 3);
      return { name, version };
    },
    async handlers() {
      // StatusRequest: verbose = 1. StatusResponse: map<string, string> info = 2, each entry key = 1, value = 2.
      const answer = await call(socket, 'Status', Buffer.from([0x08, 0x01]));
      const info = new Map(
        bytesFields(answer, 2).map((entry) => [
          textFields(entry, 1)[0] ?? '',
          textFields(entry, 2)[0] ?? '',
        ]),
      );
      return configuredHandlers(info.get('config') ?? '{}');
    },
  };
}

/** containerd reports its CRI configuration as JSON (1.7 pkg/cri/server/status.go; 2.3.7 internal/cri/server/status.go). */
function configuredHandlers(config: string): ReadonlyMap<string, string> {
  const { containerd } = JSON.parse(config) as {
    readonly containerd?: {
      readonly runtimes?: Readonly<Record<string, { readonly runtimePath?: string }>>;
    };
  };
  return new Map(
    Object.entries(containerd?.runtimes ?? {}).map(([handler, { runtimePath }]) => [
      handler,
      runtimePath ?? '',
    ]),
  );
}

/** A message's prefix: not compressed, and its length. */
const PREFIX_BYTES = 5;

async function call(socket: string, method: string, message: Buffer): Promise<Buffer> {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      session.once('error', reject);
      // A process that exits while it answers may close the session without an error.
      session.once('close', () => reject(new Error('the connection was closed')));
      timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
      const stream = session.request({
        ':method': 'POST',
        ':path': `/runtime.v1.RuntimeService/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      read(stream).then(resolve, reject);
      const prefix = Buffer.alloc(PREFIX_BYTES);
      prefix.writeUInt32BE(message.length, 1);
      stream.end(Buffer.concat([prefix, message]));
    });
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

async function read(stream: ClientHttp2Stream): Promise<Buffer> {
  // An error without a message comes in the headers alone, everything else in the trailers.
  let status: unknown;
  const note = (headers: Readonly<Record<string, unknown>>) => {
    status = headers['grpc-status'] ?? status;
  };
  stream.on('response', note);
  stream.on('trailers', note);
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  if (status !== OK) throw new Error(`gRPC status ${String(status)}`);
  return Buffer.concat(pieces).subarray(PREFIX_BYTES);
}

/**
 * A process that, seen from outside, is containerd: its name, its CRI socket, and the handlers of its configuration as it was when it
 * started. It ends on SIGTERM. Its one argument is JSON of `FakeContainerd`.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import { join } from 'node:path';
import { configuredHandlers } from './toml-runtime';

export interface FakeContainerd {
  readonly root: string;
  readonly name: string;
  readonly version: string;
  /** File that appears when it listens. */
  readonly ready: string;
  /** Configuration it reads, path below root. */
  readonly config: string;
}

const argument = process.argv[2];
if (argument !== undefined) serve(JSON.parse(argument) as FakeContainerd);

function serve({ root, name, version, ready, config }: FakeContainerd): void {
  process.title = 'containerd';
  const runtimes = Object.entries(configuredHandlers(root, config)).map(
    ([handler, runtimePath]) => [handler, { runtimePath }] as const,
  );
  const answers: Record<string, Buffer> = {
    '/runtime.v1.RuntimeService/Version': Buffer.concat([field(2, name), field(3, version)]),
    '/runtime.v1.RuntimeService/Status': Buffer.concat([
      field(1, field(1, 'a condition')),
      field(2, Buffer.concat([field(1, 'golang'), field(2, 'go1.26')])),
      field(
        2,
        Buffer.concat([
          field(1, 'config'),
          field(2, JSON.stringify({ containerd: { runtimes: Object.fromEntries(runtimes) } })),
        ]),
      ),
    ]),
  };
  const socket = join(root, 'run/containerd/containerd.sock');
  rmSync(socket, { force: true });
  const server = createServer();
  server.on('stream', (stream, headers) => {
    const answer = answers[headers[':path'] ?? ''];
    const status = answer === undefined ? '12' : '0';
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
    stream.end(answer === undefined ? undefined : framed(answer));
  });
  server.listen(socket, () => writeFileSync(ready, ''));
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function field(number: number, value: string | Buffer): Buffer {
  const content = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

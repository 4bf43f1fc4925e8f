import { createServer, type Http2Server } from 'node:http2';
import { join } from 'node:path';
import { fakeHost, KERNEL, type FakeHost } from '../node-check/fake-host';
import { runCli } from './run-cli';

/** Each test starts a process that loads TypeScript. */
let able: FakeHost;
let bare: FakeHost;
let containerd: Http2Server;

beforeAll(async () => {
  able = fakeHost();
  able.linkDevice('dev/kvm');
  for (const name of ['vhost_vsock', 'vhost_net']) able.write(`sys/module/${name}/refcnt`, '0');
  containerd = await answerAsContainerd(able, '2.3.7');
  bare = fakeHost('fpu hypervisor');
});

afterAll(() => {
  containerd.close();
  for (const host of [able, bare]) host.remove();
});

/** Answers the one question doctor asks: VersionResponse (cri-api v0.36.3, api.proto), runtime_name = 2, runtime_version = 3. */
async function answerAsContainerd(host: FakeHost, version: string): Promise<Http2Server> {
  const field = (number: number, text: string) =>
    Buffer.concat([Buffer.from([number * 8 + 2, text.length]), Buffer.from(text)]);
  const message = Buffer.concat([field(2, 'containerd'), field(3, version)]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.concat([prefix, message]));
  });
  host.write('run/containerd/nothing', '');
  const socket = join(host.root, 'run/containerd/containerd.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return server;
}

interface Output {
  readonly ready: boolean;
  readonly runtimes: {
    runtime: string;
    ready: boolean;
    findings: { check: string; status: string; fix?: string }[];
  }[];
}

const doctor = async (host: FakeHost, ...args: string[]) => {
  const { status, stdout } = await runCli(['doctor', '--json', '--host-root', host.root, ...args]);
  return { status, output: JSON.parse(stdout) as Output };
};

test.concurrent('what is missing is named, with what to do, and exit code 1', async () => {
  const { status, output } = await doctor(bare);
  expect(status).toBe(1);
  expect(output.ready).toBe(false);
  expect(output.runtimes.map(({ runtime }) => runtime)).toEqual(['kata', 'gvisor']);
  const [kata] = output.runtimes;
  const missing = kata?.findings.filter((finding) => finding.status === 'missing');
  expect(missing?.map(({ check }) => check)).toEqual([
    'cpu-virtualization',
    'kvm-device',
    'module-vhost-vsock',
    'module-vhost-net',
    'containerd',
  ]);
  for (const { fix } of missing ?? []) expect(fix).toEqual(expect.any(String));
});

test.concurrent('a host that has everything: ready, and exit code 0', async () => {
  const { status, output } = await doctor(able);
  expect(output.runtimes.flatMap(({ findings }) => findings.map((one) => one.status))).toEqual(
    Array(6 + 3).fill('ok'),
  );
  expect(output.runtimes[1]?.findings).toContainEqual({
    check: 'containerd',
    status: 'ok',
    observed: '2.3.7 at /run/containerd/containerd.sock',
  });
  expect({ status, ready: output.ready }).toEqual({ status: 0, ready: true });
});

test.concurrent('--for asks about one runtime only', async () => {
  expect((await doctor(able, '--for', 'kata')).output.runtimes).toMatchObject([
    { runtime: 'kata', ready: true },
  ]);
});

test.concurrent('as a table for people', async () => {
  const { status, stdout } = await runCli(['doctor', '--for', 'gvisor', '--host-root', bare.root]);
  expect(status).toBe(1);
  expect(stdout).toContain('gVisor: not ready');
  expect(stdout).toMatch(new RegExp(`^ok +kernel +Linux ${KERNEL}$`, 'm'));
  expect(stdout).toMatch(/^MISSING +containerd /m);
  expect(stdout).toMatch(/What to do:\n {2}containerd: start containerd/);
});

test.concurrent('a directory that is no host: exit code 3', async () => {
  const { status, stderr } = await runCli(['doctor', '--host-root', '/does/not/exist']);
  expect(status).toBe(3);
  expect(stderr).toContain('HOST_UNREADABLE');
});

test.concurrent('a runtime nobody knows: exit code 2', async () => {
  expect((await runCli(['doctor', '--for', 'docker'])).status).toBe(2);
});

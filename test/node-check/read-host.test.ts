import type { SandboxError } from '../../base/errors';
import type { HostFacts } from '../../node-check/facts';
import { readHost } from '../../node-check/read-host';
import { fakeHost, KERNEL, type FakeHost } from './fake-host';

let host: FakeHost;

beforeEach(() => {
  host = fakeHost();
});

afterEach(() => host.remove());

const read = (options: { socket?: string; version?: () => Promise<string> } = {}) =>
  readHost({
    root: host.root,
    architecture: 'x64',
    socket: options.socket,
    containerdVersion: options.version ?? (() => Promise.resolve('v2.3.7')),
  });

test('a bare host', async () => {
  expect(await read()).toEqual({
    architecture: 'x64',
    kernelRelease: KERNEL,
    cpuFlags: new Set(['fpu', 'vmx', 'sse']),
    kvm: { state: 'absent' },
    modules: { kvm_intel: 'absent', kvm_amd: 'absent', vhost_vsock: 'absent', vhost_net: 'absent' },
    containerd: { state: 'absent' },
  } satisfies HostFacts);
});

test('an Arm processor has no flags', async () => {
  host.write('proc/cpuinfo', 'processor\t: 0\nFeatures\t: fp asimd\n');
  expect((await read()).cpuFlags).toEqual(new Set());
});

test('modules: loaded, builtin, loadable in each compression, hyphens and all', async () => {
  host.write('sys/module/kvm_intel/refcnt', '0');
  host.write(`lib/modules/${KERNEL}/modules.builtin`, 'kernel/drivers/vhost/vhost_net.ko\n');
  host.write(
    `usr/lib/modules/${KERNEL}/modules.dep`,
    'kernel/arch/x86/kvm/kvm-amd.ko.zst: kernel/arch/x86/kvm/kvm.ko.zst\n' +
      'kernel/drivers/vhost/vhost_vsock.ko: kernel/drivers/vhost/vhost.ko\n',
  );
  expect((await read()).modules).toEqual({
    kvm_intel: 'present',
    kvm_amd: 'loadable',
    vhost_vsock: 'loadable',
    vhost_net: 'present',
  });
});

test('modules of another kernel do not count', async () => {
  host.write('lib/modules/5.0.0/modules.dep', 'kernel/drivers/vhost/vhost_net.ko:\n');
  expect((await read()).modules.vhost_net).toBe('absent');
});

describe('/dev/kvm', () => {
  test('a character device that opens', async () => {
    host.linkDevice('dev/kvm');
    expect((await read()).kvm).toEqual({ state: 'usable' });
  });

  test.each([
    ['a file', () => host.write('dev/kvm', '')],
    ['a pipe, on which opening would wait', () => host.makePipe('dev/kvm')],
  ])('%s is none', async (_, make) => {
    make();
    expect((await read()).kvm).toMatchObject({ state: 'unusable' });
  });
});

describe('containerd', () => {
  test('behind the first socket there is, asked below the root', async () => {
    host.write('run/k3s/containerd/containerd.sock', '');
    const asked: string[] = [];
    const { containerd } = await readHost({
      root: host.root,
      architecture: 'x64',
      containerdVersion: (socket) => {
        asked.push(socket);
        return Promise.resolve('v2.1.5-k3s1');
      },
    });
    expect(containerd).toEqual({
      state: 'answers',
      socket: '/run/k3s/containerd/containerd.sock',
      version: 'v2.1.5-k3s1',
    });
    expect(asked).toEqual([`${host.root}/run/k3s/containerd/containerd.sock`]);
  });

  test('behind the socket that is named, and no other', async () => {
    host.write('run/containerd/containerd.sock', '');
    expect((await read({ socket: '/run/own.sock' })).containerd).toEqual({ state: 'absent' });
    host.write('run/own.sock', '');
    expect((await read({ socket: '/run/own.sock' })).containerd).toMatchObject({
      state: 'answers',
      socket: '/run/own.sock',
    });
  });

  test('that does not answer', async () => {
    host.write('run/containerd/containerd.sock', '');
    const version = () => Promise.reject(new Error('connect ECONNREFUSED'));
    expect((await read({ version })).containerd).toEqual({
      state: 'silent',
      socket: '/run/containerd/containerd.sock',
      reason: 'connect ECONNREFUSED',
    });
  });
});

test('a directory that is no host is refused by code', async () => {
  await expect(
    readHost({
      root: `${host.root}/nowhere`,
      architecture: 'x64',
      containerdVersion: () => Promise.resolve(''),
    }),
  ).rejects.toMatchObject({ code: 'HOST_UNREADABLE' } satisfies Partial<SandboxError>);
});

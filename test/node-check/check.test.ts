import * as fc from 'fast-check';
import { checkNode, isReady } from '../../node-check/check';
import { MODULES, type HostFacts, type ModuleState } from '../../node-check/facts';

const everyModule = (state: ModuleState) =>
  Object.fromEntries(MODULES.map((name) => [name, state])) as HostFacts['modules'];

/** A bare-metal Intel server with all that Kata and gVisor need. */
const SERVER: HostFacts = {
  architecture: 'x64',
  kernelRelease: '6.8.0-45-generic',
  cpuFlags: new Set(['fpu', 'vmx', 'sse']),
  kvm: { state: 'usable' },
  modules: everyModule('present'),
  containerd: { state: 'answers', socket: '/run/containerd/containerd.sock', version: 'v2.3.7' },
};

const host = (facts: Partial<HostFacts>): HostFacts => ({ ...SERVER, ...facts });

/** Checks that did not end `ok`, with how they ended. */
const found = (facts: HostFacts, technology: 'kata' | 'gvisor') =>
  checkNode(facts, technology)
    .filter(({ status }) => status !== 'ok')
    .map(({ check, status }) => `${check} ${status}`);

test('a server with everything is ready for both', () => {
  expect(found(SERVER, 'kata')).toEqual([]);
  expect(found(SERVER, 'gvisor')).toEqual([]);
  expect(checkNode(SERVER, 'kata').map(({ check }) => check)).toEqual([
    'cpu-virtualization',
    'kvm-device',
    'module-kvm-intel',
    'module-vhost-vsock',
    'module-vhost-net',
    'containerd',
  ]);
});

describe('Kata needs', () => {
  test.each<[string, Partial<HostFacts>, string[]]>([
    ['VT-x or AMD-V', { cpuFlags: new Set(['fpu']) }, ['cpu-virtualization missing']],
    ['/dev/kvm', { kvm: { state: 'absent' } }, ['kvm-device missing']],
    ['/dev/kvm to open', { kvm: { state: 'unusable', reason: 'EACCES' } }, ['kvm-device missing']],
    [
      'vhost_vsock',
      { modules: { ...SERVER.modules, vhost_vsock: 'absent' } },
      ['module-vhost-vsock missing'],
    ],
    [
      'vhost_net',
      { modules: { ...SERVER.modules, vhost_net: 'absent' } },
      ['module-vhost-net missing'],
    ],
    [
      'the KVM module of its processor',
      { kvm: { state: 'absent' }, modules: { ...SERVER.modules, kvm_intel: 'absent' } },
      ['kvm-device missing', 'module-kvm-intel missing'],
    ],
    ['containerd', { containerd: { state: 'absent' } }, ['containerd missing']],
    [
      'a containerd that answers',
      { containerd: { state: 'silent', socket: '/s', reason: 'connect EACCES' } },
      ['containerd missing'],
    ],
  ])('%s', (_, facts, expected) => {
    expect(found(host(facts), 'kata')).toEqual(expected);
  });

  test('a module in the kernel, or one that can be loaded: either will do', () => {
    expect(found(host({ modules: everyModule('loadable') }), 'kata')).toEqual([]);
  });

  test('on AMD the module of AMD', () => {
    const amd = host({
      cpuFlags: new Set(['svm']),
      modules: { ...SERVER.modules, kvm_intel: 'absent' },
    });
    expect(found(amd, 'kata')).toEqual([]);
    expect(checkNode(amd, 'kata').map(({ check }) => check)).toContain('module-kvm-amd');
  });

  test('no module by name where the device shows that it is there', () => {
    expect(found(host({ modules: { ...SERVER.modules, kvm_intel: 'absent' } }), 'kata')).toEqual(
      [],
    );
  });

  test('no processor flags on Arm, where the device alone tells', () => {
    const arm = host({ architecture: 'arm64', cpuFlags: new Set() });
    expect(found(arm, 'kata')).toEqual([]);
  });
});

describe('in a virtual machine', () => {
  test('with nested virtualization Kata works, with a warning', () => {
    const guest = host({ cpuFlags: new Set(['vmx', 'hypervisor']) });
    expect(found(guest, 'kata')).toEqual(['nested-virtualization warning']);
    expect(isReady(checkNode(guest, 'kata'))).toBe(true);
  });

  test('without it the fix is on its host, not in a firmware', () => {
    const fixOf = (flags: string[]) =>
      checkNode(host({ cpuFlags: new Set(flags) }), 'kata').find(
        ({ check }) => check === 'cpu-virtualization',
      )?.fix;
    expect(fixOf(['hypervisor'])).toMatch(/nested virtualization/);
    expect(fixOf([])).toMatch(/firmware/);
  });
});

test.each([
  ['v1.7.27', ['containerd warning']],
  ['1.6.0', ['containerd warning']],
  ['v2.0.0', []],
  ['v2.3.7', []],
  ['unknown', []],
])('containerd %s for Kata: %j', (version, expected) => {
  const facts = host({ containerd: { state: 'answers', socket: '/s', version } });
  expect(found(facts, 'kata')).toEqual(expected);
  expect(found(facts, 'gvisor')).toEqual([]);
});

describe('gVisor needs', () => {
  test.each([
    ['5.5.19', ['kernel missing']],
    ['4.19.0-gvisor', ['kernel missing']],
    ['5.6.0', []],
    ['5.10.0-28-amd64', []],
    ['6.1', []],
    ['10.0.0', []],
    ['nonsense', ['kernel missing']],
  ])('Linux 5.6: %s gives %j', (kernelRelease, expected) => {
    expect(found(host({ kernelRelease }), 'gvisor')).toEqual(expected);
  });

  test('an architecture it has releases for', () => {
    expect(found(host({ architecture: 'arm64' }), 'gvisor')).toEqual([]);
    expect(found(host({ architecture: 's390x' }), 'gvisor')).toEqual(['architecture missing']);
  });

  test('no virtualization', () => {
    const plain = host({
      cpuFlags: new Set(['hypervisor']),
      kvm: { state: 'absent' },
      modules: everyModule('absent'),
    });
    expect(found(plain, 'gvisor')).toEqual([]);
  });
});

const device: fc.Arbitrary<HostFacts['kvm']> = fc.oneof(
  fc.constant({ state: 'usable' as const }),
  fc.constant({ state: 'absent' as const }),
  fc.record({ state: fc.constant('unusable' as const), reason: fc.string() }),
);
const anyHost: fc.Arbitrary<HostFacts> = fc.record({
  architecture: fc.constantFrom('x64', 'arm64', 's390x', 'ppc64'),
  kernelRelease: fc.string(),
  cpuFlags: fc
    .uniqueArray(fc.constantFrom('vmx', 'svm', 'hypervisor'))
    .map((list) => new Set(list)),
  kvm: device,
  modules: fc.record(
    Object.fromEntries(
      MODULES.map((name) => [name, fc.constantFrom('present', 'loadable', 'absent')]),
    ),
  ),
  containerd: fc.oneof(
    fc.constant({ state: 'absent' as const }),
    fc.record({
      state: fc.constant('answers' as const),
      socket: fc.string(),
      version: fc.string(),
    }),
  ),
});

test('whatever is not right says what to do, and each check speaks once', () => {
  fc.assert(
    fc.property(
      anyHost,
      fc.constantFrom('kata' as const, 'gvisor' as const),
      (facts, technology) => {
        const findings = checkNode(facts, technology);
        const checks = findings.map(({ check }) => check);
        expect(new Set(checks).size).toBe(checks.length);
        for (const { status, fix } of findings) expect(fix !== undefined).toBe(status !== 'ok');
      },
    ),
  );
});

test('without a usable /dev/kvm no host is ready for Kata', () => {
  fc.assert(
    fc.property(anyHost, (facts) => {
      fc.pre(facts.kvm.state !== 'usable');
      expect(isReady(checkNode(facts, 'kata'))).toBe(false);
    }),
  );
});

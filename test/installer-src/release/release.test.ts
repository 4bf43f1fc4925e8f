import { installationId, releaseFor } from '../../../installer-src/release/release';

const [A, B] = ['a'.repeat(128), 'b'.repeat(128)];
const source = 'https://mirror.example.org/gvisor';
const release = (arch: string, digests: Record<string, string>) =>
  releaseFor(arch, { source, version: '20260914.0', digests: new Map(Object.entries(digests)) });

test('the tarball of the architecture, in preference to loose programs', () => {
  const digests = { 'aarch64/gvisor.tar.bz2': A, 'x86_64/gvisor.tar.bz2': B, 'aarch64/runsc': B };
  expect(release('arm64', digests)).toEqual({
    version: '20260914.0',
    files: [
      {
        name: 'gvisor.tar.bz2',
        url: 'https://mirror.example.org/gvisor/20260914.0/aarch64/gvisor.tar.bz2',
        sha512: A,
      },
    ],
  });
});

test('the two programs', () => {
  const digests = { 'x86_64/runsc': A, 'x86_64/containerd-shim-runsc-v1': B };
  expect(release('x64', digests).files.map(({ name, sha512 }) => [name, sha512])).toEqual([
    ['runsc', A],
    ['containerd-shim-runsc-v1', B],
  ]);
});

test.each([
  ['x64', { 'x86_64/runsc': A }],
  ['x64', { 'aarch64/gvisor.tar.bz2': A }],
  ['riscv64', { 'x86_64/gvisor.tar.bz2': A }],
])('no whole release for %s is refused', (arch, digests) => {
  expect(() => release(arch, digests)).toThrow(/^GVISOR_ARCH_UNSUPPORTED/);
});

test('an installation has another name when its bytes or its flags are others', () => {
  const made = release('x64', { 'x86_64/gvisor.tar.bz2': A });
  const other = release('x64', { 'x86_64/gvisor.tar.bz2': B });
  const ids = [
    installationId(made, { platform: 'systrap' }),
    installationId(made, { platform: 'kvm' }),
    installationId(other, { platform: 'systrap' }),
  ];
  expect(new Set(ids).size).toBe(3);
  expect(ids[0]).toMatch(/^20260914\.0-[0-9a-f]{8}$/);
  expect(installationId(made, { b: '2', a: '1' })).toBe(installationId(made, { a: '1', b: '2' }));
});

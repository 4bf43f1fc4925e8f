/**
 * The shims of kata-containers 4.1.0 that need nothing but KVM, and the architectures each is installed on
 * (tools/packaging/kata-deploy/helm-chart/kata-deploy/values.yaml, `shims.*.supportedArches`; ppc64le of qemu-runtime-rs:
 * docs/releases/4.1.0.md). Those for confidential guests and GPUs also need node labels, operators and a snapshotter of their own.
 */

/** As nodes are labelled, `kubernetes.io/arch`, and as kata-deploy's variables end (binary/src/config.rs, `get_arch_var`). */
export const ARCHITECTURES = {
  amd64: 'X86_64',
  arm64: 'AARCH64',
  ppc64le: 'PPC64LE',
  s390x: 'S390X',
} as const;

export type Architecture = keyof typeof ARCHITECTURES;

const EVERYWHERE = ['amd64', 'arm64', 'ppc64le', 's390x'] as const;

const SHIMS = {
  clh: ['amd64'],
  'clh-runtime-rs': ['amd64'],
  dragonball: ['amd64'],
  fc: ['amd64'],
  qemu: EVERYWHERE,
  'qemu-runtime-rs': EVERYWHERE,
} as const satisfies Record<string, readonly Architecture[]>;

export type Shim = keyof typeof SHIMS;

export const SHIM_NAMES = Object.keys(SHIMS) as readonly Shim[];

/** The default of kata-containers 4.1.0 on every architecture (docs/releases/4.1.0.md). */
export const UPSTREAM_DEFAULT_SHIM: Shim = 'qemu-runtime-rs';

/** Firecracker has no file system of its own to share (values.yaml, `shims.fc.containerd.snapshotter`). */
export const SNAPSHOTTER_OF_FIRECRACKER = 'devmapper';

const HANDLER_PREFIX = 'kata-';

/** CRI handler that kata-deploy configures for a shim (binary/src/config.rs, `shim_handler`). */
export function handlerOf(shim: Shim): string {
  return `${HANDLER_PREFIX}${shim}`;
}

/** Whether kata-deploy is what configures `handler`. */
export function isKataHandler(handler: string): boolean {
  return handler.startsWith(HANDLER_PREFIX);
}

export function shimOf(handler: string): Shim | undefined {
  return SHIM_NAMES.find((shim) => handlerOf(shim) === handler);
}

export function shimsFor(architecture: Architecture, shims: readonly Shim[]): readonly Shim[] {
  return shims.filter((shim) => (SHIMS[shim] as readonly Architecture[]).includes(architecture));
}

/** Architectures that at least one of `shims` is installed on. */
export function architecturesOf(shims: readonly Shim[]): readonly Architecture[] {
  const all = Object.keys(ARCHITECTURES) as Architecture[];
  return all.filter((architecture) => shimsFor(architecture, shims).length > 0);
}

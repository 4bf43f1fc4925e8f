/** The facts that decide whether a host can be a node of a runtime: plain data, read by `readHost`, evaluated by `checkNode`. */

/** Technologies a node can offer; a policy may name its runtimes differently. */
export const TECHNOLOGIES = ['kata', 'gvisor'] as const;

export type Technology = (typeof TECHNOLOGIES)[number];

/** Kernel modules that the check looks for. */
export const MODULES = ['kvm_intel', 'kvm_amd', 'vhost_vsock', 'vhost_net'] as const;

export type KernelModule = (typeof MODULES)[number];

/**
 * - `present`: loaded, or part of the kernel.
 * - `loadable`: a file of the running kernel's modules.
 * - `absent`: the host shows neither.
 */
export type ModuleState = 'present' | 'loadable' | 'absent';

/** A device file that was opened for reading and writing, and closed again. */
export type DeviceState =
  | { readonly state: 'usable' }
  | { readonly state: 'absent' }
  /** `reason`: the error code of the open, such as `EACCES`. */
  | { readonly state: 'unusable'; readonly reason: string };

export type ContainerdState =
  | { readonly state: 'answers'; readonly socket: string; readonly version: string }
  | { readonly state: 'silent'; readonly socket: string; readonly reason: string }
  /** None of the distributions' sockets exists. */
  | { readonly state: 'absent' };

export interface HostFacts {
  /** As Node.js names it, `process.arch`: `x64`, `arm64`, … */
  readonly architecture: string;
  /** As `uname -r`: `6.8.0-45-generic`. */
  readonly kernelRelease: string;
  /** Of the first processor, `flags` of /proc/cpuinfo; empty on architectures without such a line. */
  readonly cpuFlags: ReadonlySet<string>;
  readonly kvm: DeviceState;
  readonly modules: Readonly<Record<KernelModule, ModuleState>>;
  readonly containerd: ContainerdState;
}

/** What of a host decides whether it can be a node of a runtime: plain data, read by `readHost`, judged by `checkNode`. */

/** Technologies a node is made for; a policy may name its runtimes differently. */
export const TECHNOLOGIES = ['kata', 'gvisor'] as const;

export type Technology = (typeof TECHNOLOGIES)[number];

/** Kernel modules that are looked for. */
export const MODULES = ['kvm_intel', 'kvm_amd', 'vhost_vsock', 'vhost_net'] as const;

export type KernelModule = (typeof MODULES)[number];

/**
 * - `present`: loaded, or part of the kernel.
 * - `loadable`: a file of the running kernel's modules.
 * - `absent`: neither, as far as the host shows.
 */
export type ModuleState = 'present' | 'loadable' | 'absent';

/** A device file that was opened for reading and writing and closed again, nothing more. */
export type DeviceState =
  | { readonly state: 'usable' }
  | { readonly state: 'absent' }
  /** `reason`: what opening it said, such as `EACCES`. */
  | { readonly state: 'unusable'; readonly reason: string };

export type ContainerdState =
  | { readonly state: 'answers'; readonly socket: string; readonly version: string }
  | { readonly state: 'silent'; readonly socket: string; readonly reason: string }
  /** None of the sockets that the distributions have. */
  | { readonly state: 'absent' };

export interface HostFacts {
  /** As Node.js names it, `process.arch`: `x64`, `arm64`, … */
  readonly architecture: string;
  /** As `uname -r`: `6.8.0-45-generic`. */
  readonly kernelRelease: string;
  /** Of the first processor, `flags` of /proc/cpuinfo; empty on architectures that have no such line. */
  readonly cpuFlags: ReadonlySet<string>;
  readonly kvm: DeviceState;
  readonly modules: Readonly<Record<KernelModule, ModuleState>>;
  readonly containerd: ContainerdState;
}

/** Evaluates the facts of a host: one finding for each thing a runtime needs of its node. */
import type { DeviceState, HostFacts, KernelModule, ModuleState, Technology } from './facts';

/** `missing`: the runtime does not work here. `warning`: it works, with a drawback. */
export type FindingStatus = 'ok' | 'warning' | 'missing';

export interface Finding {
  /** Stable, for scripts. */
  readonly check: string;
  readonly status: FindingStatus;
  /** What was found; for `missing`, why it is not enough. */
  readonly observed: string;
  /** How to fix it; none if the status is `ok`. */
  readonly fix?: string;
}

type Check = (facts: HostFacts) => Finding | undefined;

/** All findings for one runtime, without the checks that do not apply to this architecture. */
export function checkNode(facts: HostFacts, technology: Technology): readonly Finding[] {
  return CHECKS[technology].flatMap((check) => check(facts) ?? []);
}

/** Whether nothing is missing. */
export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== 'missing');
}

function ok(check: string, observed: string): Finding {
  return { check, status: 'ok', observed };
}

function missing(check: string, observed: string, fix: string): Finding {
  return { check, status: 'missing', observed, fix };
}

const isX86 = ({ architecture }: HostFacts) => architecture === 'x64';

/** VT-x and AMD-V as /proc/cpuinfo names them (kernel arch/x86/include/asm/cpufeatures.h). */
const VIRTUALIZATION: Readonly<Record<string, { name: string; module: KernelModule }>> = {
  vmx: { name: 'VT-x', module: 'kvm_intel' },
  svm: { name: 'AMD-V', module: 'kvm_amd' },
};

function virtualizationOf({ cpuFlags }: HostFacts) {
  const flag = Object.keys(VIRTUALIZATION).find((name) => cpuFlags.has(name));
  return flag === undefined ? undefined : { flag, ...VIRTUALIZATION[flag]! };
}

/** Set by hypervisors for their guests, never by a processor (kernel arch/x86/include/asm/cpufeatures.h, X86_FEATURE_HYPERVISOR). */
const isGuest = ({ cpuFlags }: HostFacts) => cpuFlags.has('hypervisor');

function cpuVirtualization(facts: HostFacts): Finding | undefined {
  if (!isX86(facts)) return undefined;
  const found = virtualizationOf(facts);
  if (found !== undefined) return ok('cpu-virtualization', `${found.name} (${found.flag})`);
  return missing(
    'cpu-virtualization',
    'the processor shows neither vmx nor svm',
    isGuest(facts)
      ? 'enable nested virtualization for this virtual machine, or use a machine type that has it'
      : 'enable VT-x or AMD-V in the firmware of this computer',
  );
}

function nestedVirtualization(facts: HostFacts): Finding | undefined {
  if (!isGuest(facts) || virtualizationOf(facts) === undefined) return undefined;
  return {
    check: 'nested-virtualization',
    status: 'warning',
    observed: 'this is a virtual machine, so sandboxes are nested virtual machines',
    fix: 'expect slower sandboxes, or use a bare-metal machine type',
  };
}

function kvmDevice({ kvm }: HostFacts): Finding {
  switch (kvm.state) {
    case 'usable':
      return ok('kvm-device', '/dev/kvm can be opened');
    case 'absent':
      return missing(
        'kvm-device',
        '/dev/kvm does not exist',
        'load the KVM module of the processor ("modprobe kvm_intel" or "modprobe kvm_amd"); in a container, pass the device in',
      );
    case 'unusable':
      return missing('kvm-device', `/dev/kvm cannot be opened: ${kvm.reason}`, fixOf(kvm));
  }
}

function fixOf({ reason }: Extract<DeviceState, { state: 'unusable' }>): string {
  return reason === 'EACCES' || reason === 'EPERM'
    ? 'run this as root; in a container, allow the device too'
    : 'read what KVM reports in the kernel log (dmesg)';
}

function kvmModule(facts: HostFacts): Finding | undefined {
  const found = isX86(facts) ? virtualizationOf(facts) : undefined;
  if (found === undefined) return undefined;
  // If the kernel does not list its modules, the device proves that it has this one.
  const state = facts.kvm.state === 'usable' ? 'present' : facts.modules[found.module];
  return moduleFinding(found.module, state);
}

const MODULE_PURPOSE: Readonly<Record<KernelModule, string>> = {
  kvm_intel: 'virtual machines',
  kvm_amd: 'virtual machines',
  vhost_vsock: 'the connection between a sandbox and its host',
  vhost_net: 'the network of a sandbox',
};

function moduleFinding(name: KernelModule, state: ModuleState): Finding {
  const check = `module-${name.replaceAll('_', '-')}`;
  switch (state) {
    case 'present':
      return ok(check, `${name} is in the kernel`);
    case 'loadable':
      return ok(check, `${name} can be loaded`);
    case 'absent':
      return missing(
        check,
        `the kernel has no module ${name}, needed for ${MODULE_PURPOSE[name]}`,
        'install the modules of the running kernel (Debian, Ubuntu: linux-modules-extra), or use a node image that has them',
      );
  }
}

const needsModule =
  (name: KernelModule): Check =>
  ({ modules }) =>
    moduleFinding(name, modules[name]);

/** From this version on kata-deploy adds a file of its own; before, it rewrites config.toml (kata-containers 4.1.0, docs/installation.md). */
const DROP_IN_MAJOR_VERSION = 2;

function containerdFinding({ containerd }: HostFacts): Finding {
  switch (containerd.state) {
    case 'absent':
      return missing(
        'containerd',
        'no socket of containerd exists at the paths the distributions use',
        'start containerd, or name its socket with --containerd-socket',
      );
    case 'silent':
      return missing(
        'containerd',
        `${containerd.socket} does not answer: ${containerd.reason}`,
        'run this as root; if containerd still does not answer, check that it runs and has CRI enabled',
      );
    case 'answers':
      return ok('containerd', `${containerd.version} at ${containerd.socket}`);
  }
}

function containerdForKata(facts: HostFacts): Finding {
  const finding = containerdFinding(facts);
  const { containerd } = facts;
  if (containerd.state !== 'answers') return finding;
  const [, major] = /^v?(\d+)\./.exec(containerd.version) ?? [];
  if (major === undefined || Number(major) >= DROP_IN_MAJOR_VERSION) return finding;
  return {
    ...finding,
    status: 'warning',
    fix: 'use containerd 2.0 or newer: for an older one kata-deploy rewrites the whole config.toml',
  };
}

/** gVisor's own requirement (gvisor.dev, docs/user_guide/install: "gVisor supports x86_64 and ARM64", Linux 5.6). */
const GVISOR_KERNEL = [5, 6] as const;
const GVISOR_ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

function kernelForGvisor({ kernelRelease }: HostFacts): Finding {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(kernelRelease) ?? [];
  const [needsMajor, needsMinor] = GVISOR_KERNEL;
  const enough =
    Number(major) > needsMajor || (Number(major) === needsMajor && Number(minor) >= needsMinor);
  if (enough) return ok('kernel', `Linux ${kernelRelease}`);
  return missing(
    'kernel',
    `Linux ${kernelRelease} is older than ${needsMajor}.${needsMinor}`,
    'use a node image with a newer kernel',
  );
}

function architectureForGvisor({ architecture }: HostFacts): Finding {
  if (GVISOR_ARCHITECTURES.includes(architecture)) return ok('architecture', architecture);
  return missing(
    'architecture',
    `gVisor has no release for ${architecture}`,
    `use a node of one of ${GVISOR_ARCHITECTURES.join(', ')}`,
  );
}

/** gVisor's default platform, systrap, needs no virtualization (gvisor.dev, docs/user_guide/platforms). */
const CHECKS: Readonly<Record<Technology, readonly Check[]>> = {
  kata: [
    cpuVirtualization,
    nestedVirtualization,
    kvmDevice,
    kvmModule,
    needsModule('vhost_vsock'),
    needsModule('vhost_net'),
    containerdForKata,
  ],
  gvisor: [architectureForGvisor, kernelForGvisor, containerdFinding],
};

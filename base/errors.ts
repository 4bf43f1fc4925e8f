/**
 * The catalogue of error codes, and the one error class that carries them.
 * A code is stable: scripts may test for it. docs/errors.md is written from this table.
 */

/** How a command that fails with a code exits: 1 verification or policy failure, 2 usage, 3 environment. */
export type ExitCode = 1 | 2 | 3;

export const ERROR_CATALOGUE = {
  POLICY_INVALID: {
    exit: 2,
    summary: 'The policy does not have the shape or meaning a policy needs.',
  },
  CONFIG_INVALID: {
    exit: 2,
    summary: 'The sandbox configuration does not have the shape it needs.',
  },
  CHART_INVALID: {
    exit: 2,
    summary: 'The synthesized objects break a rule every deployment has to keep.',
  },
  QUANTITY_INVALID: { exit: 2, summary: 'A text is not a Kubernetes quantity.' },
  IMAGE_INVALID: { exit: 2, summary: 'A text is not an image reference.' },
  USAGE_INVALID: {
    exit: 2,
    summary: 'A command line names something that is not there or does not fit together.',
  },
  MANIFEST_INVALID: { exit: 2, summary: 'A manifest to explain cannot be read or holds no pod.' },
  POD_TOO_LARGE: {
    exit: 1,
    summary: 'Judging a pod needs more than a limit of the mutating webhook.',
  },
  PLAN_INVALID: { exit: 2, summary: 'The objects to deploy cannot be put in an order.' },
  STACK_INVALID: {
    exit: 2,
    summary: 'The configuration of a Pulumi stack cannot be read, or describes what cannot work.',
  },
  CHART_HOLDS_OUTPUT: {
    exit: 2,
    summary: 'A value that Pulumi learns only while it deploys is in the tree of a chart.',
  },
  CLOUD_SDK_MISSING: {
    exit: 3,
    summary: 'The Pulumi SDK of the cloud that a stack chooses is not installed.',
  },
  KUBECONFIG_INVALID: { exit: 3, summary: 'The kubeconfig names no usable cluster.' },
  CLUSTER_UNREACHABLE: {
    exit: 3,
    summary: 'The API server does not answer, or refuses these credentials.',
  },
  DEPLOY_INCOMPLETE: {
    exit: 3,
    summary: 'Some objects were not deployed, or did not become ready in time.',
  },
  REMOVE_INCOMPLETE: { exit: 3, summary: 'Some objects were not deleted.' },
  CLUSTER_NAME_INVALID: {
    exit: 2,
    summary: 'The name of a local cluster does not have the shape it needs.',
  },
  LOCAL_NO_HOST_ADDRESS: {
    exit: 3,
    summary: 'This computer has no address that webhooks could be reached at.',
  },
  LOCAL_LOCKED: {
    exit: 3,
    summary: 'Another process works on the same local cluster or tool and does not finish.',
  },
  LOCAL_START_FAILED: {
    exit: 3,
    summary: 'A process of the local cluster ended or did not become ready in time.',
  },
  LOCAL_STOP_FAILED: { exit: 3, summary: 'A process of the local cluster could not be ended.' },
  TOOLCHAIN_NO_GO: {
    exit: 3,
    summary: 'A program has to be built, and there is no Go to build it with.',
  },
  TOOLCHAIN_BUILD_FAILED: {
    exit: 3,
    summary: 'A program of the local cluster could not be built.',
  },
  TOOLCHAIN_DISK_FULL: { exit: 3, summary: 'There is not enough disk space to build a program.' },
  TOOLCHAIN_CHECKSUM_MISMATCH: {
    exit: 3,
    summary: 'A downloaded program is not the one its publisher announced.',
  },
  NODE_UNSUPPORTED: { exit: 3, summary: 'This computer cannot run nodes.' },
  NODE_PROGRAMS_MISSING: {
    exit: 3,
    summary: 'A program a node needs is neither installed nor to be had.',
  },
  NODE_NETWORK_FULL: { exit: 3, summary: 'No address range is left for the network of the nodes.' },
  NODE_START_FAILED: { exit: 3, summary: 'A node did not start or did not become ready in time.' },
  NODE_STOP_FAILED: { exit: 3, summary: 'Something a node left could not be removed.' },
  HOST_UNREADABLE: { exit: 3, summary: 'A directory is not the root of a Linux host.' },
  GVISOR_ARCH_UNSUPPORTED: {
    exit: 3,
    summary: 'No gVisor release is given for the architecture of this node.',
  },
  GVISOR_DISK_FULL: { exit: 3, summary: 'There is not enough disk space on the node for gVisor.' },
  GVISOR_HOST_READ_ONLY: {
    exit: 3,
    summary: 'The node does not let gVisor or the configuration of containerd be written.',
  },
  GVISOR_DOWNLOAD_FAILED: { exit: 3, summary: 'A gVisor release could not be downloaded.' },
  GVISOR_DIGEST_MISMATCH: {
    exit: 3,
    summary: 'A downloaded gVisor release is not the one whose digest is configured.',
  },
  GVISOR_RELEASE_INVALID: { exit: 3, summary: 'An archive is not a gVisor release.' },
  GVISOR_CONTAINERD_UNKNOWN: {
    exit: 3,
    summary: 'The container runtime or its configuration is not one the installer understands.',
  },
  GVISOR_HANDLER_TAKEN: {
    exit: 3,
    summary: 'The runtime handler exists on the node already, with other settings.',
  },
  GVISOR_CONTAINERD_DOWN: { exit: 3, summary: 'containerd does not answer or does not come back.' },
  GVISOR_HANDLER_NOT_LIVE: {
    exit: 3,
    summary: 'containerd was restarted and still does not have the runtime handler.',
  },
  GVISOR_WIRING_REJECTED: {
    exit: 3,
    summary: 'containerd did not take this installation before, so it is not tried again.',
  },
  GVISOR_IN_USE: { exit: 3, summary: 'Sandboxes still run, so gVisor is not uninstalled.' },
} as const satisfies Record<string, { exit: ExitCode; summary: string }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One thing that is wrong: where, why, and what to do about it. */
export interface Problem {
  /** Where it is, as a path a reader can follow: `rules[2].when.container.image`, a file, a flag, an object. */
  readonly path: string;
  readonly reason: string;
  /** What the reader can do about it, as an instruction. */
  readonly fix: string;
}

/** An error with a stable code that names every problem found, not only the first. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';

  constructor(
    readonly code: ErrorCode,
    readonly problems: readonly [Problem, ...Problem[]],
    options?: ErrorOptions,
  ) {
    super(formatProblems(code, problems), options);
  }

  get exitCode(): ExitCode {
    return ERROR_CATALOGUE[this.code].exit;
  }
}

/** @throws SandboxError with all of `problems`, where there are any */
export function refuse(code: ErrorCode, problems: readonly Problem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new SandboxError(code, [first, ...rest]);
}

function formatProblems(code: ErrorCode, problems: readonly Problem[]): string {
  return problems.map((p) => `${code} ${p.path}: ${p.reason}. Fix: ${p.fix}`).join('\n');
}

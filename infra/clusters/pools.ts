/** Pools of nodes: what a stack says about one, and what its nodes are labelled and tainted with. */
import { z } from 'zod';
import type { SandboxConfig } from '../../constructs';
import {
  GVISOR_NODE_LABEL,
  GVISOR_STARTUP_TAINT,
  KATA_NODE_LABEL,
  POOL_LABEL,
  POOL_TAINT,
} from '../../constructs/nodes/scheduling';
import type { Problem } from '../../base/errors';
import type { Runtime } from '../../policy/model/runtime-policy';
import { formatPath } from '../../base/zod-problems';

/** Path of something in the settings file, which is not part of the stack's own configuration. */
export function inSettings(...path: PropertyKey[]): string {
  return `settings ${formatPath(path)}`;
}

/** What every pool has, in every cloud. @param machineType the default */
export function poolShape(machineType: string) {
  return {
    /** Machine type, instance type or VM size, as the cloud calls it. */
    machineType: z.string().min(1).default(machineType),
    /** The autoscaler keeps at least so many. @default 1 */
    minNodes: z.int().min(0).max(1000).default(1),
    /** @default 3 */
    maxNodes: z.int().min(1).max(1000).default(3),
    /** Size of a node's disk, in gigabytes as the cloud counts them. @default 100 */
    diskGb: z.int().min(30).max(16_000).default(100),
  };
}

export interface PoolSize {
  readonly minNodes: number;
  readonly maxNodes: number;
}

/** Kinds of sandboxes that need nodes of their own. */
export type Family = 'kata' | 'gvisor';

/** Key of a family's pool in the configuration of a stack. */
export const POOL_KEYS = { kata: 'kataPool', gvisor: 'gvisorPool' } as const satisfies Record<
  Family,
  string
>;

export const FAMILY_TITLES = { kata: 'Kata', gvisor: 'gVisor' } as const;

/** Label that a family's installer puts on a node when the runtime works there. */
export const INSTALLED_LABELS = { kata: KATA_NODE_LABEL, gvisor: GVISOR_NODE_LABEL } as const;

/** `kata` is the handler of AKS, `gvisor` that of GKE Sandbox; the others are those of the installers. */
const IS_OF_FAMILY: Readonly<Record<Family, (handler: string) => boolean>> = {
  kata: (handler) => handler === 'kata' || handler.startsWith('kata-'),
  gvisor: (handler) => handler === 'gvisor' || handler === 'runsc',
};

/** The policy's runtimes of a family, weakest first. */
export function runtimesOf(family: Family, { policy }: SandboxConfig): readonly Runtime[] {
  return policy.runtimes.filter(({ handler }) => IS_OF_FAMILY[family](handler));
}

/** What the RuntimeClass of a runtime is made of; undefined where the cluster brings it. */
export function createdClass(
  { runtimes }: SandboxConfig,
  name: string,
): SandboxConfig['runtimes'][string] | undefined {
  return Object.hasOwn(runtimes, name) ? runtimes[name] : undefined;
}

/** Taint of a node. Clouds spell the effect in their own ways; it is always NoSchedule. */
export interface Taint {
  readonly key: string;
  readonly value: string;
}

/** What the nodes of a pool come with. */
export interface NodeMarks {
  readonly labels: Readonly<Record<string, string>>;
  /** Keeps pods off that are not for the pool. */
  readonly poolTaints: readonly Taint[];
  /** Keeps every pod off a new node until the installer, at its end, takes it off. */
  readonly startupTaints: readonly Taint[];
}

/** Of a pool whose runtime one of our installers brings. The label is its runtime's name. */
export function installedMarks(family: Family, sandbox: SandboxConfig): NodeMarks {
  const pool = runtimesOf(family, sandbox)[0]?.name ?? family;
  const keys =
    family === 'gvisor'
      ? [GVISOR_STARTUP_TAINT]
      : (sandbox.nodes.kata?.startupTaints ?? []).map(({ key }) => key);
  return {
    labels: { [POOL_LABEL]: pool },
    poolTaints: [{ key: POOL_TAINT, value: pool }],
    startupTaints: keys.map((key) => ({ key, value: 'true' })),
  };
}

/**
 * Of a pool whose runtime the cloud brings: no taints, because the RuntimeClass is the cloud's too, and nothing would make
 * pods tolerate them or take them off.
 */
export function providedMarks(family: Family, sandbox: SandboxConfig): NodeMarks {
  return { ...installedMarks(family, sandbox), poolTaints: [], startupTaints: [] };
}

/** Of the pool for Gatekeeper, the webhook and whatever has no sandbox. */
export const SYSTEM_MARKS: NodeMarks = {
  labels: { [POOL_LABEL]: 'system' },
  poolTaints: [],
  startupTaints: [],
};

export function taintsOf({ poolTaints, startupTaints }: NodeMarks): readonly Taint[] {
  return [...poolTaints, ...startupTaints];
}

/** @param key of the pool in the configuration of the stack */
export function sizeProblems(key: string, { minNodes, maxNodes }: PoolSize): readonly Problem[] {
  if (minNodes <= maxNodes) return [];
  return [
    {
      path: `${key}.minNodes`,
      reason: `is ${minNodes}, more than maxNodes, ${maxNodes}`,
      fix: 'lower minNodes or raise maxNodes',
    },
  ];
}

/** The pool that every cluster needs. */
export function systemPoolProblems(pool: PoolSize): readonly Problem[] {
  const none: Problem = {
    path: 'systemPool.minNodes',
    reason:
      'is 0, so a sandbox pool could be the only one with nodes, and neither Gatekeeper nor the webhook runs there',
    fix: 'give at least 1; 3 for a replica of each on a node of its own',
  };
  return [...(pool.minNodes === 0 ? [none] : []), ...sizeProblems('systemPool', pool)];
}

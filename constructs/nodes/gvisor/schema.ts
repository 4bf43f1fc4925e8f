/** What can be set about the gVisor nodes. */
import { z } from 'zod';
import type { KubernetesDistribution } from '../../../base/names';
import { imageDigest, port, resources } from '../../internal/schemas';
import { nodeSelectorProblems, placementMembers } from '../placement';
import { GVISOR_NODE_LABEL } from '../scheduling';

/** Where the installer looks for containerd's configuration, and whether the distribution writes it anew at every start. */
export const CONTAINERD_CONFIGS = {
  k8s: { path: '/etc/containerd/config.toml', generated: false },
  k3s: { path: '/var/lib/rancher/k3s/agent/etc/containerd/config.toml', generated: true },
  rke2: { path: '/var/lib/rancher/rke2/agent/etc/containerd/config.toml', generated: true },
} as const satisfies Partial<
  Record<KubernetesDistribution, { readonly path: string; readonly generated: boolean }>
>;

export type GvisorDistribution = keyof typeof CONTAINERD_CONFIGS;

const releaseFile = z
  .string()
  .regex(
    /^(x86_64|aarch64)\/(gvisor\.tar\.bz2|runsc|containerd-shim-runsc-v1)$/,
    'must be x86_64 or aarch64, "/", and one of gvisor.tar.bz2, runsc, containerd-shim-runsc-v1',
  );

const sha512 = z.string().regex(/^[0-9a-f]{128}$/, 'must be 128 hexadecimal digits');

const PARTS = ['runsc', 'containerd-shim-runsc-v1'] as const;

/** A release has to be whole for an architecture: the tarball, or both programs. */
function halfReleases(digests: Readonly<Record<string, string>>): string[] {
  return ['x86_64', 'aarch64'].filter((arch) => {
    const parts = PARTS.filter((name) => Object.hasOwn(digests, `${arch}/${name}`)).length;
    return parts === 1 && !Object.hasOwn(digests, `${arch}/gvisor.tar.bz2`);
  });
}

/**
 * Kata's `startupTaints` has no counterpart here: the startup taint is always `secure-ai.io/gvisor-runtime:NoSchedule`, because the
 * installer itself removes it and may remove no other (test/e2e/node-tokens.test.ts). A node that comes without the taint is left alone.
 */
export const gvisorNodesSchema = z.strictObject({
  /** gVisor release, such as "20260914.0". Exact, never "latest". */
  version: z.string().regex(/^\d{8}(\.\d{1,4})?$/, 'must be a release such as "20260914.0"'),
  /**
   * SHA-512 by file of the release, for every architecture of the nodes: `x86_64/gvisor.tar.bz2`, or for releases up to 20260817.0
   * `x86_64/runsc` and `x86_64/containerd-shim-runsc-v1`. There is no default: the operator decides what is trusted.
   */
  sha512: z
    .record(releaseFile, sha512)
    .refine((digests) => Object.keys(digests).length > 0, {
      error: 'names no file',
      params: { fix: 'add the SHA-512 of gvisor.tar.bz2 for each architecture of the nodes' },
    })
    .superRefine((digests, context) => {
      for (const arch of halfReleases(digests)) {
        context.addIssue({
          code: 'custom',
          message: `names only one of ${arch}/${PARTS.join(` and ${arch}/`)}`,
          params: { fix: 'add the SHA-512 of the other file' },
        });
      }
    }),
  /**
   * URL before the version: the official one, or of a mirror with the same paths.
   * @default "https://storage.googleapis.com/gvisor/releases/release"
   */
  source: z
    .url({ protocol: /^https?$/ })
    .default('https://storage.googleapis.com/gvisor/releases/release'),
  /**
   * How the nodes run containerd.
   * @default "k8s"
   */
  distribution: z
    .enum(Object.keys(CONTAINERD_CONFIGS) as [GvisorDistribution, ...GvisorDistribution[]])
    .default('k8s'),
  /**
   * Flags of runsc by name. systrap needs no virtualization; `kvm` is for bare metal (gvisor.dev/docs/user_guide/production).
   * @default {"platform":"systrap"}
   */
  runscConfig: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be a flag of runsc'),
      z.string().regex(/^[^",\\]*$/, 'must be a string without quotes, commas and backslashes'),
    )
    .default({ platform: 'systrap' }),
  ...placementMembers,
  /**
   * Node pools to install on: values of node label `secure-ai.io/pool`. The taint of that name and value is tolerated.
   * @default ["gvisor"]
   */
  pools: placementMembers.pools.default(['gvisor']),
  /**
   * Labels of the nodes to install on, instead of the label of `pools`, whose taints stay tolerated.
   * @default none
   */
  nodeSelector: placementMembers.nodeSelector.superRefine((labels, context) => {
    const isOwnLabel = (key: string) => key === GVISOR_NODE_LABEL;
    for (const { path, reason, fix } of nodeSelectorProblems(labels, isOwnLabel))
      context.addIssue({ code: 'custom', message: reason, path: [...path], params: { fix } });
  }),
  /**
   * How long sandboxes may take to end when gVisor is uninstalled, in seconds.
   * @default 300
   */
  drainSeconds: z.int().min(0).max(86_400).default(300),
  /** Digest that pins the official Node image further. @default none */
  nodeImageDigest: imageDigest.optional(),
  /**
   * Ports the API server's endpoints listen on.
   * @default [443,6443]
   */
  apiServerPorts: z.array(port).min(1).default([443, 6443]),
  /**
   * Of the container that changes the host; replaces requests and limits as a whole. No CPU limit: unpacking uses what is free.
   * @default {"requests":{"cpu":"50m","memory":"64Mi"},"limits":{"memory":"512Mi"}}
   */
  resources: resources.default({
    requests: { cpu: '50m', memory: '64Mi' },
    limits: { memory: '512Mi' },
  }),
});

/** Checked, with every default filled in. */
export type GvisorNodesSettings = Readonly<z.output<typeof gvisorNodesSchema>>;

/** What can be set about the Kata nodes. Defaults are those of kata-deploy 4.1.0 unless a member says otherwise. */
import { z } from 'zod';
import { CONTAINERD_SOCKETS, type KubernetesDistribution } from '../../../base/names';
import { VERSIONS } from '../../../base/versions';
import { podPeer } from '../../internal/network-policy';
import {
  imageDigest,
  imageTag,
  labelKey,
  port,
  resources,
  taintEffect,
} from '../../internal/schemas';
import { placementMembers } from '../placement';
import { KATA_NODE_LABEL } from '../scheduling';
import { SHIM_NAMES } from './shims';

/** Prefix of the annotations that `allowedHypervisorAnnotations` is about. */
export const HYPERVISOR_ANNOTATIONS = 'io.katacontainers.config.hypervisor.';

const shim = z.enum(SHIM_NAMES);
const absolutePath = z.string().regex(/^\/[^\0]*$/, 'must be an absolute path');

/**
 * Both images come in one version. Upstream publishes no digests with the release.
 *
 * @param repository of the official image
 */
function imageSchema(repository: string) {
  return z.strictObject({
    /** @default the official one, quay.io/kata-containers/kata-deploy or quay.io/kata-containers/kata-monitor */
    repository: z.string().min(1).default(repository),
    /** @default VERSIONS.kata */
    tag: imageTag.default(VERSIONS.kata),
    /**
     * Pins the content; the tag stays in the reference for its readers.
     * @default none
     */
    digest: imageDigest.optional(),
    /** @default "Always" */
    pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('Always'),
  });
}

const containerdSchema = z.strictObject({
  /**
   * Directory of its configuration on the node.
   * @default the directory of `distribution`
   */
  configDirectory: absolutePath.optional(),
  /**
   * Name of its main configuration file in that directory.
   * @default what kata-deploy finds for the container runtime it detects
   */
  configFile: z
    .string()
    .regex(/^[^/\0]+$/, 'must be a file name')
    .optional(),
  /**
   * Its CRI socket on the node.
   * @default the socket of `distribution`
   */
  socket: absolutePath.optional(),
});

const monitorSchema = z.strictObject({
  /**
   * On: kata-monitor runs on every Kata node, as root and with containerd's socket. Upstream's chart has it off too.
   * @default false
   */
  enabled: z.boolean().default(false),
  /**
   * Pods that may reach its port. That port has no authentication, and answers besides `/metrics` and `/sandboxes` with Go's profiler of
   * the shims (`/debug/pprof/`) and the address of a sandbox's agent (kata-containers 4.1.0, src/runtime/cmd/kata-monitor/main.go).
   * While there are none it listens on 127.0.0.1 of its pod, where `kubectl port-forward` still reaches it.
   * @default []
   */
  scrapeFrom: z.array(podPeer).readonly().default([]),
  image: imageSchema('quay.io/kata-containers/kata-monitor').readonly().prefault({}),
  /**
   * Replaces requests and limits as a whole.
   * @default {"requests":{"cpu":"200m","memory":"300Mi"},"limits":{"cpu":"200m","memory":"300Mi"}}
   */
  resources: resources.default({
    requests: { cpu: '200m', memory: '300Mi' },
    limits: { cpu: '200m', memory: '300Mi' },
  }),
});

/** The shape alone; settings.ts fills in what other members decide, and checks what they mean together. */
export const kataNodesShape = z.strictObject({
  /** Image of the installer. */
  image: imageSchema('quay.io/kata-containers/kata-deploy').readonly().prefault({}),
  /**
   * Shims to install; each becomes the CRI handler `kata-<shim>`. Upstream installs them all, which makes hundreds of
   * megabytes and runtimes that no policy knows.
   * @default ["qemu-runtime-rs"]
   */
  shims: z.array(shim).min(1).readonly().optional(),
  /**
   * Shim that is kata-deploy's default. On an architecture it is not made for, the first one that is.
   * @default the first of `shims`
   */
  defaultShim: shim.optional(),
  /**
   * Pod annotations below `io.katacontainers.config.hypervisor.` that a shim obeys, without that prefix, besides those that Kata's
   * own configuration lists: `enable_iommu`, `kernel_params`, `kernel_verity_params`, `default_vcpus` and `default_memory`. Each is
   * a regular expression to Kata.
   *
   * This is no allow-list for pods. kata-deploy 4.1.0 has containerd forward every `io.katacontainers.*` annotation of a pod
   * (binary/src/runtime/containerd.rs), and those below `io.katacontainers.config.runtime.` and `.agent.` pass Kata without any
   * check. What a pod may set is `allowedAnnotations` of its runtime in the policy, none by default; a name here that the policy
   * does not allow for the shim's runtimes is an error.
   * @default {}
   */
  allowedHypervisorAnnotations: z
    .partialRecord(shim, z.array(z.string().regex(/^[^\s,:]+$/, 'must be one word')).readonly())
    .default({}),
  /** @default "k8s" */
  distribution: z
    .enum(Object.keys(CONTAINERD_SOCKETS) as [KubernetesDistribution, ...KubernetesDistribution[]])
    .default('k8s'),
  /** Where containerd is, when `distribution` does not determine it. */
  containerd: containerdSchema.readonly().prefault({}),
  ...placementMembers,
  /**
   * Node pools to install on: values of node label `secure-ai.io/pool`. The taint of that name and value is tolerated.
   * Upstream installs on every node.
   * @default ["kata"]
   */
  pools: placementMembers.pools.optional(),
  /**
   * Taints that a new node comes with so that no pod runs before Kata is installed; kata-deploy removes them last. A node that comes
   * without is left alone. Without `effect`: those of any effect. Upstream has none.
   * @default [{"key":"katacontainers.io/kata-runtime","effect":"NoSchedule"}]
   */
  startupTaints: z
    .array(z.strictObject({ key: labelKey, effect: taintEffect.exactOptional() }))
    .readonly()
    .default([{ key: KATA_NODE_LABEL, effect: 'NoSchedule' }]),
  /**
   * Snapshotters that kata-deploy installs on the node. Upstream installs nydus, which only confidential guests need.
   * @default []
   */
  setupSnapshotters: z
    .array(z.enum(['nydus', 'erofs']))
    .readonly()
    .default([]),
  /**
   * Snapshotter of containerd that a shim's images are unpacked with, by shim.
   * @default {"fc":"devmapper"} where fc is among `shims`, which has to be on the node already; else containerd's own
   */
  snapshotters: z
    .partialRecord(shim, z.string().regex(/^[a-z0-9][-a-z0-9]*$/, 'must be a snapshotter'))
    .optional(),
  /**
   * Verbose logs, and a further handler `kata-<shim>-debug` for each shim whose guests can be looked into.
   * @default false
   */
  debug: z.boolean().default(false),
  /**
   * Of the installer; replaces requests and limits as a whole. A memory limit would count the pages written while unpacking.
   * @default {"requests":{"cpu":"25m","memory":"16Mi"}}
   */
  resources: resources.default({ requests: { cpu: '25m', memory: '16Mi' } }),
  /**
   * Ports the API server's endpoints listen on: the only egress of the installer.
   * @default [443,6443]
   */
  apiServerPorts: z.array(port).min(1).readonly().default([443, 6443]),
  /** kata-monitor, which reports running sandboxes: `/metrics` and `/sandboxes` on port 8090. */
  monitor: monitorSchema.readonly().prefault({}),
});

/** What a user may write: every member has a default. */
export type KataNodesProps = Readonly<z.input<typeof kataNodesShape>>;

/** Checked, with what other members decide still open. */
export type KataNodesShape = z.output<typeof kataNodesShape>;

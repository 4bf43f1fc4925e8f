/** The interface of every kind of cluster: its stack settings, its checks and its resources. */
import type * as pulumi from '@pulumi/pulumi';
import type { z } from 'zod';
import type { SandboxConfig } from '../../constructs';
import type { Problem } from '../../base/errors';

/** A cluster the platform can be deployed to. */
export interface Cluster {
  /** Content or path of a kubeconfig whose user may deploy the platform. Secret. @default as kubectl finds it */
  readonly kubeconfig?: pulumi.Output<string>;
  /** Context of the kubeconfig. @default its current one */
  readonly context?: string;
  /** What must exist before the first object of the platform: node pools, permissions. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** One kind of cluster. Each is a file in this folder. */
export interface ClusterKind<Settings> {
  /** The stack configuration of this kind, without the members common to all kinds; unknown members are problems. */
  readonly schema: z.ZodType<Settings>;
  /**
   * Settings that cannot work, alone or with the platform they are for. Paths are those of the stack
   * configuration. Reads nothing and registers nothing.
   */
  problems(settings: Settings, sandbox: SandboxConfig): readonly Problem[];
  /**
   * Adapts the platform to such a cluster. @default as in the settings file
   *
   * @throws SandboxError if the adaptation cannot be determined
   */
  adapt?(name: string, sandbox: SandboxConfig): Promise<SandboxConfig>;
  /**
   * Registers the resources of the cluster; called only without problems. Loads the SDK of its cloud.
   *
   * @param name of the cluster, and the prefix of the names of its resources
   */
  create(name: string, settings: Settings, sandbox: SandboxConfig): Promise<Cluster>;
}

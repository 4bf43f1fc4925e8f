/** What every kind of cluster has in common: how a stack describes it, what cannot work, and what comes of it. */
import type * as pulumi from '@pulumi/pulumi';
import type { z } from 'zod';
import type { SandboxConfig } from '../../constructs';
import type { Problem } from '../../base/errors';

/** A cluster the platform can be deployed to. */
export interface Cluster {
  /** Text or path of a kubeconfig whose user may deploy the platform. Secret. @default as kubectl finds it */
  readonly kubeconfig?: pulumi.Output<string>;
  /** Context of the kubeconfig. @default its current one */
  readonly context?: string;
  /** What has to be there before the first object of the platform: node pools, permissions. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** One kind of cluster. Each is a file of its own in this folder. */
export interface ClusterKind<Settings> {
  /** The stack configuration of this kind, without the members every kind has; unknown members are problems. */
  readonly schema: z.ZodType<Settings>;
  /**
   * Everything about the settings that cannot work, together with the platform they are for; paths as in the stack
   * configuration. Reads nothing and registers nothing.
   */
  problems(settings: Settings, sandbox: SandboxConfig): readonly Problem[];
  /**
   * The platform as it is deployed to such a cluster. @default as the settings file says
   *
   * @throws SandboxError what keeps it from being known
   */
  adapt?(name: string, sandbox: SandboxConfig): Promise<SandboxConfig>;
  /**
   * Registers the resources of the cluster; called only where there are no problems. Loads the SDK of its cloud.
   *
   * @param name of the cluster, and the beginning of the names of its resources
   */
  create(name: string, settings: Settings, sandbox: SandboxConfig): Promise<Cluster>;
}

/** The settings of a runtime's nodes: overhead, node selector, tolerations. */
import { z } from 'zod';
import { quantities, toleration, type Toleration } from '../internal/schemas';

/** What the cluster has to know about a runtime beyond its name. Members left out are filled from the handler. */
const runtimeNodeSchema = z.strictObject({
  /**
   * What a sandbox costs besides its containers, per pod; scheduler and ResourceQuota add it to the pod's requests.
   * @default the figure of kata-deploy for a Kata handler, 128Mi and 250m for runsc; required for any other handler
   */
  overhead: quantities.optional(),
  /**
   * Labels of the nodes that can run it.
   * @default the label their installer sets; required for any other handler
   */
  nodeSelector: z.record(z.string().min(1), z.string()).optional(),
  /**
   * Taints its pods may ignore.
   * @default the taint `secure-ai.io/pool=<runtime>:NoSchedule` of a dedicated pool
   */
  tolerations: z.array(toleration).optional(),
});

/**
 * By name of the runtime. `"provided"`: the cluster brings this RuntimeClass itself (GKE Sandbox owns `gvisor`),
 * so none is created.
 */
export const runtimesSchema = z
  .record(z.string(), z.union([z.literal('provided'), runtimeNodeSchema]))
  .default({});

export type RuntimesInput = z.output<typeof runtimesSchema>;

/** What RuntimeClass `overhead` and `scheduling` are made of, complete. */
export interface RuntimeNode {
  readonly overhead: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
}

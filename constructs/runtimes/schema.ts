/** The settings of a runtime's nodes: overhead, node selector, tolerations. */
import { z } from 'zod';
import { quantities, toleration, type Toleration } from '../internal/schemas';

/** The nodes and overhead of a runtime. The handler determines the defaults. */
const runtimeNodeSchema = z.strictObject({
  /**
   * Resources of a sandbox besides its containers, per pod. Scheduler and ResourceQuota add them to the pod's requests.
   * @default the figure of kata-deploy for a Kata handler, 128Mi and 250m for runsc; required for any other handler
   */
  overhead: quantities.optional(),
  /**
   * Labels of the nodes that can run the runtime.
   * @default the label their installer sets; required for any other handler
   */
  nodeSelector: z.record(z.string().min(1), z.string()).optional(),
  /**
   * Taints that its pods tolerate.
   * @default the taint `secure-ai.io/pool=<runtime>:NoSchedule` of a dedicated pool
   */
  tolerations: z.array(toleration).optional(),
});

/**
 * By name of the runtime. `"provided"`: the cluster provides this RuntimeClass itself (GKE Sandbox owns `gvisor`),
 * so none is created.
 */
export const runtimesSchema = z
  .record(z.string(), z.union([z.literal('provided'), runtimeNodeSchema]))
  .default({});

export type RuntimesInput = z.output<typeof runtimesSchema>;

/** All values that RuntimeClass `overhead` and `scheduling` are built from. */
export interface RuntimeNode {
  readonly overhead: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
}

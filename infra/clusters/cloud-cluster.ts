/** The Pulumi component that groups the resources of one cloud cluster. */
import * as pulumi from '@pulumi/pulumi';

export class CloudCluster extends pulumi.ComponentResource {
  /** @param kind as the stack calls it */
  constructor(
    kind: 'gke' | 'eks' | 'aks',
    name: string,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super(`secure-ai-sandbox:clusters:${kind}`, name, {}, opts);
  }

  /** To be called when all its resources are registered. */
  complete(): void {
    this.registerOutputs({});
  }
}

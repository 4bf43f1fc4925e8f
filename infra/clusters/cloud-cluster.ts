/** The Pulumi component that groups the resources of one cloud cluster. */
import * as pulumi from '@pulumi/pulumi';

export class CloudCluster extends pulumi.ComponentResource {
  /** @param kind the stack's value of `cluster` */
  constructor(
    kind: 'gke' | 'eks' | 'aks',
    name: string,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super(`secure-ai-sandbox:clusters:${kind}`, name, {}, opts);
  }

  /** Call it after all its resources are registered. */
  complete(): void {
    this.registerOutputs({});
  }
}

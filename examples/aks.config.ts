/**
 * Azure Kubernetes Service: Pod Sandboxing brings Kata and its RuntimeClass. Use it in place of sandbox.config.ts;
 * examples/stacks/Pulumi.aks.yaml describes the cluster.
 */
import { defineSandbox } from '../constructs';

export default defineSandbox({
  policy: {
    runtimes: [{ name: 'kata', runtimeClassName: 'kata-vm-isolation', handler: 'kata' }],
    rules: [
      {
        name: 'notebooks',
        title: 'a notebook',
        when: { container: { image: { contains: 'jupyter' } } },
        runtime: 'kata',
      },
    ],
  },

  runtimes: { kata: 'provided' },

  tenants: [{ name: 'notebooks', quota: { pods: '20' } }],
});

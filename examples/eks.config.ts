/**
 * Amazon EKS: Kata on instances with nested virtualization. Use it in place of sandbox.config.ts;
 * examples/stacks/Pulumi.eks.yaml describes the cluster.
 *
 * For gVisor add the runtime `{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }` in front, a release with its
 * SHA-512 as `nodes.gvisor` (docs/gvisor-installer.md), and `gvisorPool` to the stack.
 */
import { defineSandbox } from '../constructs';

export default defineSandbox({
  policy: {
    runtimes: [{ name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu-runtime-rs' }],
    rules: [
      {
        name: 'agents',
        title: 'an agent that runs what a model writes',
        when: { container: { image: { repository: 'agents/*' } } },
        runtime: 'kata',
      },
    ],
    required: [{ namespaces: ['agents'], container: 'interpreter', runtime: 'kata' }],
  },

  tenants: [{ name: 'agents', quota: { pods: '40' } }],
});

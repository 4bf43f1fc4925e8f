/** The only file to edit. Every omitted setting has a default, which constructs/config.ts documents. */
import { defineSandbox } from './constructs';

export default defineSandbox({
  policy: {
    // Weakest first: the order is the strength.
    runtimes: [
      { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
      { name: 'kata', runtimeClassName: 'kata', handler: 'kata-qemu-runtime-rs' },
    ],
    // Conditions on a pod, and the runtime it then needs.
    rules: [
      {
        name: 'high_compute',
        when: {
          container: { image: { contains: 'pytorch' } },
          pod: { requests: { cpu: { gt: '4' } } },
        },
        runtime: 'kata',
      },
      {
        name: 'light_model',
        when: {
          container: { image: { contains: 'scikit' } },
          pod: { requests: { cpu: { lt: '1' } } },
        },
        runtime: 'gvisor',
      },
    ],
    // A container of this name runs in these namespaces only with a runtime label.
    required: [{ namespaces: ['ai-production'], container: 'ai-model', runtime: 'kata' }],
    // For a pod without a label or a matching rule; 'deny' and 'ignore' are the alternatives.
    unlabelled: { assign: 'kata' },
  },

  // Namespaces for sandboxed pods: closed network, Pod Security "baseline", quota.
  tenants: [{ name: 'ai-production' }],
});

/** Capabilities that reach the kernel need a kernel of their own. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'kernel_capability',
      title: 'a capability that reaches the kernel',
      when: {
        container: {
          any: [
            { securityContext: { addsCapability: 'SYS_ADMIN' } },
            { securityContext: { addsCapability: 'NET_ADMIN' } },
            { securityContext: { addsCapability: 'BPF' } },
          ],
        },
      },
      runtime: 'kata',
    },
  ],
  unlabelled: { assign: 'gvisor' },
} satisfies Recipe;

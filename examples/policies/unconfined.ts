/** Containers that switch off a defence of their node need Kata. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'unconfined',
      title: 'a defence switched off',
      when: {
        container: {
          any: [
            { securityContext: { seccompProfile: 'Unconfined' } },
            { securityContext: { appArmorProfile: 'Unconfined' } },
            { securityContext: { procMount: 'Unmasked' } },
          ],
        },
      },
      runtime: 'kata',
    },
  ],
  unlabelled: { assign: 'gvisor' },
} satisfies Recipe;

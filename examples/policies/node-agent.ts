/** One node agent stays outside a sandbox. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'log_agent',
      when: { pod: { namespace: 'logging', serviceAccountName: 'log-agent' } },
      exempt: 'reads the logs of its node, which no sandbox can see',
    },
  ],
} satisfies Recipe;

/** Whatever asks for a GPU of any kind gets gVisor. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'gpu',
      title: 'a GPU',
      when: {
        any: [
          { pod: { limits: { 'nvidia.com/*': { gt: '0' } } } },
          { pod: { limits: { 'amd.com/*': { gt: '0' } } } },
          { pod: { limits: { 'gpu.intel.com/*': { gt: '0' } } } },
          { pod: { resourceClaims: { exists: true } } },
        ],
      },
      runtime: 'gvisor',
    },
  ],
} satisfies Recipe;

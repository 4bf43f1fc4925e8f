/** Pods of reviewed images alone may run in gVisor; everything else gets Kata. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'reviewed',
      title: 'reviewed images only',
      when: {
        everyContainer: {
          any: [
            {
              image: {
                digest: 'sha256:1f0a4a3d1e0b0b5f0e1d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4a3928170f6e5d4',
              },
            },
            {
              image: {
                digest: 'sha256:9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c',
              },
            },
          ],
        },
      },
      runtime: 'gvisor',
      enforce: 'atLeast',
    },
  ],
  unlabelled: { assign: 'kata' },
} satisfies Recipe;

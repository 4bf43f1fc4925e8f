/** Any image that is not ours needs Kata. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'foreign_image',
      title: 'an image that is not ours',
      when: {
        container: {
          not: { image: { registry: 'registry.example.com', repository: 'platform/*' } },
        },
      },
      runtime: 'kata',
    },
  ],
  unlabelled: { assign: 'gvisor' },
} satisfies Recipe;

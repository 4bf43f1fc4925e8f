/** Notebooks get Kata, and nothing else is touched. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'notebook',
      title: 'a notebook',
      when: {
        container: { any: [{ image: { repository: 'jupyter/*' } }, { env: 'JUPYTER_*' }] },
      },
      runtime: 'kata',
    },
  ],
  unlabelled: 'ignore',
} satisfies Recipe;

/** Pods of these namespaces run in nothing weaker than Kata. */
import type { Recipe } from './recipe';

export default {
  minimum: [{ namespaces: ['payments'], runtime: 'kata' }],
  rules: [
    {
      name: 'light_model',
      when: { container: { image: { contains: 'scikit' } } },
      runtime: 'gvisor',
    },
  ],
} satisfies Recipe;

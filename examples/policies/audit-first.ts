/** Everything is only audited, but for one namespace that goes ahead. */
import type { Recipe } from './recipe';

export default {
  enforcement: 'audit',
  tenants: [{ namespaces: ['pilot'], enforcement: 'deny' }],
} satisfies Recipe;

/** One namespace may run Docker inside Kata. */
import type { Recipe } from './recipe';

export default {
  minimum: [{ namespaces: ['ci-builds'], runtime: 'kata' }],
  tenants: [{ namespaces: ['ci-builds'], guardrails: { privileged: 'kata-only' } }],
} satisfies Recipe;

/** The policy for Gatekeeper: three templates that never change, and constraints that carry the policy as data. */
export { constraints } from './constraints';
export { constraintTemplates } from './templates';

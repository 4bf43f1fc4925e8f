/** The policy for Gatekeeper: three templates that never change, and constraints that carry the policy as data. */
export { constraints, ENFORCEMENT_ACTIONS } from './constraints';
export { constraintTemplates } from './templates';

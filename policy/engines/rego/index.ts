/** The policy for Gatekeeper: three templates that never change, and constraints that carry the policy as data. */
import { DYNAMIC_TEMPLATE } from './templates/dynamic';
import { REQUIRED_TEMPLATE } from './templates/required';
import { SANDBOXED_TEMPLATE } from './templates/sandboxed';
import type { ConstraintTemplateManifest } from './templates/template';

export { constraints } from './constraints';
export type { ConstraintTemplateManifest } from './templates/template';

/** The templates of every kind in `CONSTRAINT_KINDS`. No policy is in them: they change with this project, not with a policy. */
export function constraintTemplates(): readonly ConstraintTemplateManifest[] {
  return [REQUIRED_TEMPLATE, DYNAMIC_TEMPLATE, SANDBOXED_TEMPLATE];
}

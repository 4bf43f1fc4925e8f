/** The Rego library that the templates share. Gatekeeper gives each template its own copy, so each takes only what it needs. */
import { AMOUNT_REGO } from './amount';
import { CONDITIONS_REGO } from './conditions';
import { FACTS_REGO } from './facts';
import { IMAGE_REGO } from './image';
import { QUANTITY_REGO } from './quantity';
import { RESOURCES_REGO } from './resources';
import { REVIEW_REGO } from './review';
import { RULES_REGO } from './rules';
import { RUNTIMES_REGO } from './runtimes';
import { UNTRUSTED_REGO } from './untrusted';

/** What every template needs: the facts of the pod, the runtimes, and whether to judge at all. */
export const BASE_LIBRARY: readonly string[] = [
  UNTRUSTED_REGO,
  AMOUNT_REGO,
  QUANTITY_REGO,
  RESOURCES_REGO,
  FACTS_REGO,
  REVIEW_REGO,
  RUNTIMES_REGO,
];

/** What templates that look at rules need. */
export const RULE_LIBRARY: readonly string[] = [
  ...BASE_LIBRARY,
  IMAGE_REGO,
  CONDITIONS_REGO,
  RULES_REGO,
];

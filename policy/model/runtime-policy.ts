/**
 * The policy: one serialisable value that decides which runtime a pod gets. Everything that decides is driven by it.
 * Types are inferred from the schemas in `schema.ts`, so what validates and what type-checks cannot drift apart.
 */
import type { z } from 'zod';
import type { conditionSchema } from './condition-schema';
import type { enforcementSchema, guardrailsSchema } from './guardrails-schema';
import type { policySchema, requirementSchema, ruleSchema, runtimeSchema } from './schema';

/** A sandbox a pod can run in: the label value that asks for it, its RuntimeClass and the CRI handler behind it. */
export type Runtime = Readonly<z.output<typeof runtimeSchema>>;

/** What must hold for a rule to match. Every member that is present must hold; a missing value makes a comparison false. */
export type Condition = z.output<typeof conditionSchema>;

/** What is done with a pod that looks like this: it needs a runtime, is refused, or is left alone. */
export type Rule = Readonly<z.output<typeof ruleSchema>>;

/** "A pod that looks like this needs that runtime." */
export type RuntimeRule = Rule & Required<Pick<Rule, 'runtime' | 'enforce'>>;

export const asksForRuntime = (rule: Rule): rule is RuntimeRule => rule.runtime !== undefined;

/** "A container of this name, in these namespaces, may only run with the runtime label set." */
export type Requirement = Readonly<z.output<typeof requirementSchema>>;

export type Enforcement = z.output<typeof enforcementSchema>;

/** What opens each guardrail, and how strictly the others are meant; a missing one is `deny`. */
export type Guardrails = Readonly<z.output<typeof guardrailsSchema>>;

/** A validated policy with every default filled in. Plain JSON: it survives `JSON.parse(JSON.stringify(policy))` unchanged. */
export type RuntimePolicy = Readonly<z.output<typeof policySchema>>;

/** A policy as a user writes it: members with a default may be left out. */
export type RuntimePolicyInput = z.input<typeof policySchema>;

/** zod schemas of the policy around its conditions. What each member means is said here, next to the check. */
import { z } from 'zod';
import { RUNTIME_LABEL, SANDBOX_ANNOTATION_PREFIXES } from '../../base/names';
import { MAX_LENGTHS } from '../../base/patterns';
import { conditionSchema } from './condition-schema';
import { enforcementSchema, guardrailsSchema } from './guardrails-schema';
import { dnsLabel, dnsSubdomain, labelKey, labelValue, patternText, reason } from './texts';

/** A key of a sandbox annotation, or a glob that stands for such keys alone. */
const sandboxAnnotation = patternText(
  new RegExp(
    `^(${SANDBOX_ANNOTATION_PREFIXES.map((prefix) => prefix.replaceAll('.', '\\.')).join('|')})[-A-Za-z0-9_./*]+$`,
  ),
  MAX_LENGTHS.labelKey,
  `must be an annotation key, or a glob, that begins with ${SANDBOX_ANNOTATION_PREFIXES.join(' or ')}`,
  'use a key such as "io.katacontainers.config.hypervisor.default_vcpus" or a glob such as "io.katacontainers.config.agent.*"',
);

export const runtimeSchema = z.strictObject({
  /** Value of the runtime label that asks for this runtime. */
  name: labelValue,
  runtimeClassName: dnsSubdomain,
  /** CRI handler the RuntimeClass points at; immutable once created (Kubernetes pkg/apis/node/validation). */
  handler: dnsLabel,
  /**
   * Annotations below `io.katacontainers.` and `dev.gvisor.` that pods of this runtime may set: exact keys, or globs. They configure
   * the sandbox from inside the pod, and some lead around it (`HOLLOW_SANDBOX`), so every author of a pod decides what they open.
   * Default: none.
   */
  allowedAnnotations: z.array(sandboxAnnotation).max(64).optional(),
});

/** What a rule does: one of the three. */
const EFFECTS = ['runtime', 'deny', 'exempt'] as const;

const ruleMembers = z
  .strictObject({
    name: labelValue,
    /** How the rule is named in denial messages. Default: the name with `_` as spaces. */
    title: z.string().min(1).max(256).optional(),
    when: conditionSchema,
    /** Name of the runtime a matching pod needs. */
    runtime: labelValue.optional(),
    /** Only with `runtime`. `exactly`: no other runtime will do. `atLeast`: a stronger one will do too. @default 'exactly' */
    enforce: z.enum(['exactly', 'atLeast']).optional(),
    /** Why a matching pod is refused. */
    deny: reason.optional(),
    /** Why a matching pod that carries no runtime label is left alone: it runs in the default runtime of its node. */
    exempt: reason.optional(),
    enforcement: enforcementSchema.optional(),
  })
  .refine((rule) => EFFECTS.filter((effect) => rule[effect] !== undefined).length === 1, {
    error: 'needs one effect: runtime, deny or exempt',
    params: { fix: 'give it exactly one of the three' },
  })
  .refine((rule) => rule.enforce === undefined || rule.runtime !== undefined, {
    path: ['enforce'],
    error: 'says how strictly a runtime is meant, and the rule names none',
    params: { fix: 'remove it' },
  });

export const ruleSchema = ruleMembers.transform(({ runtime, enforce, deny, exempt, ...rule }) => ({
  ...rule,
  title: rule.title ?? rule.name.replaceAll('_', ' '),
  ...(runtime !== undefined && { runtime, enforce: enforce ?? ('exactly' as const) }),
  ...(deny !== undefined && { deny }),
  ...(exempt !== undefined && { exempt }),
}));

export const requirementSchema = z.strictObject({
  namespaces: z.array(dnsLabel).min(1),
  /** Name of the container, main, init or ephemeral, that makes the label required. */
  container: dnsLabel,
  /** Name of the runtime the message asks for. */
  runtime: labelValue,
  /** `present`: any known runtime will do. `exactly`, `atLeast`: as in a rule. */
  enforce: z.enum(['present', 'exactly', 'atLeast']).default('present'),
  enforcement: enforcementSchema.optional(),
});

/** The weakest runtime a pod of these namespaces may have, whoever asks for it. Of several for one namespace the strongest holds. */
const minimumSchema = z.strictObject({
  namespaces: z.array(dnsLabel).min(1),
  runtime: labelValue,
  enforcement: enforcementSchema.optional(),
});

/** What differs in some namespaces. */
const tenantPolicySchema = z.strictObject({
  namespaces: z.array(dnsLabel).min(1),
  /** Default: that of the policy. */
  enforcement: enforcementSchema.optional(),
  /** Default of each: that of the policy. */
  guardrails: guardrailsSchema.optional(),
});

const policyMembers = z.strictObject({
  labelKey: labelKey.default(RUNTIME_LABEL),
  /** Weakest first: the order is the strength. */
  runtimes: z.array(runtimeSchema).min(1).max(64),
  rules: z.array(ruleSchema).default([]),
  required: z.array(requirementSchema).default([]),
  minimum: z.array(minimumSchema).default([]),
  /**
   * `deny` decides and refuses. Under `warn` and `audit` no pod is changed or refused: `warn` tells its author what `deny` would refuse,
   * `audit` only reports. A rule, a requirement, a minimum or a guardrail may be softer than its namespace, never harder.
   */
  enforcement: enforcementSchema.default('deny'),
  guardrails: guardrailsSchema.default({}),
  /** Page that explains refusals to those who create pods; every refusal ends with it. */
  helpUrl: z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' })
    .max(256)
    .optional(),
  /** A namespace is named once at most. */
  tenants: z.array(tenantPolicySchema).default([]),
  /** What happens to a pod that says and shows nothing. Default: it gets the strongest runtime. */
  unlabelled: z
    .union([z.strictObject({ assign: labelValue }), z.literal('deny'), z.literal('ignore')], {
      error: 'must be "deny", "ignore" or { assign: "<runtime>" }',
    })
    .optional(),
});

export const policySchema = policyMembers.transform((policy) => ({
  ...policy,
  unlabelled: policy.unlabelled ?? { assign: policy.runtimes.at(-1)?.name ?? '' },
}));

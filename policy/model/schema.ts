/** zod schemas of the policy. What each member means is said here, next to the check. */
import { z } from 'zod';
import { RUNTIME_LABEL, SANDBOX_ANNOTATION_PREFIXES } from '../../base/names';
import {
  DNS_LABEL,
  DNS_SUBDOMAIN,
  LABEL_KEY,
  MAX_LENGTHS,
  QUALIFIED_NAME,
} from '../../base/patterns';
import { MAX_BINARY_NANO, parseQuantity } from '../pod/quantity';

/** A string of limited length that matches a pattern; `fix` says what to write instead. */
function patternText(pattern: RegExp, max: number, reason: string, fix: string) {
  return z
    .string()
    .refine((text) => text.length <= max && pattern.test(text), { error: reason, params: { fix } });
}

/** What Kubernetes wants of a RuntimeClass handler and of a container name. */
const dnsLabel = patternText(
  DNS_LABEL,
  MAX_LENGTHS.dnsLabel,
  'must be a DNS label',
  'use up to 63 lower case letters, digits and dashes, such as "ai-model"',
);

/** What Kubernetes wants of a RuntimeClass name. */
const dnsSubdomain = patternText(
  DNS_SUBDOMAIN,
  MAX_LENGTHS.dnsSubdomain,
  'must be a DNS subdomain',
  'use up to 253 lower case letters, digits, dashes and dots, such as "kata-qemu"',
);

/** A label value that is not empty. */
const labelValue = patternText(
  QUALIFIED_NAME,
  MAX_LENGTHS.labelValue,
  'must be a label value',
  'use up to 63 letters, digits, dashes, dots and underscores, such as "kata"',
);

const labelKey = patternText(
  LABEL_KEY,
  MAX_LENGTHS.labelKey,
  'must be a qualified name',
  'use a name with an optional DNS prefix, such as "example.com/team"',
);

/** A quantity that every engine can compare exactly: no more than 2^63-1 units either way, which is what Kubernetes guarantees. */
const quantity = z.string().refine(isComparable, {
  error: 'must be a Kubernetes quantity of at most 2^63-1',
  params: { fix: 'write a quantity such as "4", "500m" or "1.5Gi"' },
});

function isComparable(text: string): boolean {
  const nano = parseQuantity(text);
  return nano !== undefined && nano <= MAX_BINARY_NANO && nano >= -MAX_BINARY_NANO;
}

/** The whole text, where `*` stands for any run of characters, the empty one too. */
const glob = z.string().min(1).max(1024);

/** A key of a sandbox annotation, or a glob that stands for such keys alone. */
const sandboxAnnotation = patternText(
  new RegExp(
    `^(${SANDBOX_ANNOTATION_PREFIXES.map((prefix) => prefix.replaceAll('.', '\\.')).join('|')})[-A-Za-z0-9_./*]+$`,
  ),
  MAX_LENGTHS.labelKey,
  `must be an annotation key, or a glob, that begins with ${SANDBOX_ANNOTATION_PREFIXES.join(' or ')}`,
  'use a key such as "io.katacontainers.config.hypervisor.default_vcpus" or a glob such as "io.katacontainers.config.agent.*"',
);

const isNotEmpty = (value: object) => Object.values(value).some((member) => member !== undefined);
const needsMember = {
  error: 'needs at least one member',
  params: { fix: 'state what must hold, or leave it out' },
};

/** Kubernetes quantities to compare with; `exists` asks whether the pod states the resource at all. */
const quantityMatchSchema = z
  .strictObject({
    gt: quantity.optional(),
    gte: quantity.optional(),
    lt: quantity.optional(),
    lte: quantity.optional(),
    exists: z.boolean().optional(),
  })
  .refine(isNotEmpty, needsMember);

const resourceMatch = z.record(labelKey, quantityMatchSchema).refine(isNotEmpty, needsMember);

/** A string or glob the value must equal, or whether a value exists. */
export const textMatchSchema = z.union([glob, z.strictObject({ exists: z.boolean() })], {
  error: 'must be a text, a glob or { exists: true | false }',
});

const textMatchMap = z.record(labelKey, textMatchSchema).refine(isNotEmpty, needsMember);

export const imageMatchSchema = z
  .strictObject({
    /** The reference exactly as the pod writes it contains this text. */
    contains: z.string().min(1).max(1024).optional(),
    /** Parsed reference: registry host, `docker.io` when the text names none. Exact or glob; upper and lower case are the same. */
    registry: glob.toLowerCase().optional(),
    /** Parsed reference: path below the registry, `library/` added for official Docker images. Exact or glob. */
    repository: glob.optional(),
    /** Parsed reference: tag; `latest` when the text has neither tag nor digest. Exact or glob. */
    tag: glob.optional(),
    /** Parsed reference: digest, `sha256:…`. Exact or glob. */
    digest: glob.optional(),
  })
  .refine(isNotEmpty, needsMember);

export const securityContextMatchSchema = z
  .strictObject({
    privileged: z.boolean().optional(),
    /** True: runAsUser 0 after inheritance. False: another user, or runAsNonRoot. Neither holds when the image decides. */
    runAsRoot: z.boolean().optional(),
    /** The container adds this capability, or ALL. With or without the `CAP_` prefix, in any case. */
    addsCapability: z.string().min(1).max(64).optional(),
    allowPrivilegeEscalation: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean().optional(),
  })
  .refine(isNotEmpty, needsMember);

/** Holds when one container, main or init, satisfies every member. */
const containerConditionSchema = z
  .strictObject({
    name: glob.optional(),
    image: imageMatchSchema.optional(),
    requests: resourceMatch.optional(),
    limits: resourceMatch.optional(),
    securityContext: securityContextMatchSchema.optional(),
  })
  .refine(isNotEmpty, needsMember);

/** Holds when the pod as a whole satisfies every member. */
const podConditionSchema = z
  .strictObject({
    namespace: glob.optional(),
    labels: textMatchMap.optional(),
    annotations: textMatchMap.optional(),
    serviceAccountName: glob.optional(),
    hostNetwork: z.boolean().optional(),
    hostPID: z.boolean().optional(),
    hostIPC: z.boolean().optional(),
    /** The pod mounts a volume of each of these kinds: `hostPath`, `emptyDir`, `persistentVolumeClaim`, … */
    volumes: z.array(z.string().min(1).max(64)).min(1).optional(),
    /** Of the whole pod: main and sidecar containers summed, init containers by maximum, `spec.resources` first. */
    requests: resourceMatch.optional(),
    limits: resourceMatch.optional(),
  })
  .refine(isNotEmpty, needsMember);

export const conditionSchema = z.strictObject({
  get all(): z.ZodOptional<z.ZodArray<typeof conditionSchema>> {
    return z.array(conditionSchema).min(1).optional();
  },
  get any(): z.ZodOptional<z.ZodArray<typeof conditionSchema>> {
    return z.array(conditionSchema).min(1).optional();
  },
  get not(): z.ZodOptional<typeof conditionSchema> {
    return conditionSchema.optional();
  },
  container: containerConditionSchema.optional(),
  pod: podConditionSchema.optional(),
});

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

const ruleMembers = z.strictObject({
  name: labelValue,
  /** How the rule is named in denial messages. Default: the name with `_` as spaces. */
  title: z.string().min(1).max(256).optional(),
  when: conditionSchema,
  /** Name of the runtime a matching pod needs. */
  runtime: labelValue,
  /** `exactly`: no other runtime will do. `atLeast`: a stronger one will do too. */
  enforce: z.enum(['exactly', 'atLeast']).default('exactly'),
});

export const ruleSchema = ruleMembers.transform((rule) => ({
  ...rule,
  title: rule.title ?? rule.name.replaceAll('_', ' '),
}));

export const requirementSchema = z.strictObject({
  namespaces: z.array(dnsLabel).min(1),
  /** Name of the container, main or init, that makes the label required. */
  container: dnsLabel,
  /** Name of the runtime the message asks for. */
  runtime: labelValue,
  /** `present`: any known runtime will do. `exactly`, `atLeast`: as in a rule. */
  enforce: z.enum(['present', 'exactly', 'atLeast']).default('present'),
});

const policyMembers = z.strictObject({
  labelKey: labelKey.default(RUNTIME_LABEL),
  /** Weakest first: the order is the strength. */
  runtimes: z.array(runtimeSchema).min(1).max(64),
  rules: z.array(ruleSchema).default([]),
  required: z.array(requirementSchema).default([]),
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

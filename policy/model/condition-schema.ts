/** zod schemas of conditions: what a rule can ask of a pod. What each member means is said here, next to the check. */
import { z } from 'zod';
import { glob, keyGlob, quantity } from './texts';

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

/** By resource name, exact or glob; of a glob, one matching resource must satisfy the whole value. */
const resourceMatch = z.record(keyGlob, quantityMatchSchema).refine(isNotEmpty, needsMember);

/** A string or glob the value must equal, or whether a value exists. */
export const textMatchSchema = z.union([glob, z.strictObject({ exists: z.boolean() })], {
  error: 'must be a text, a glob or { exists: true | false }',
});

/** By key, exact or glob; of a glob, one matching key must have such a value. */
const textMatchMap = z.record(keyGlob, textMatchSchema).refine(isNotEmpty, needsMember);

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

const capability = z.string().min(1).max(64);

export const securityContextMatchSchema = z
  .strictObject({
    privileged: z.boolean().optional(),
    /** True: runAsUser 0 after inheritance. False: another user, or runAsNonRoot. Neither holds when the image decides. */
    runAsRoot: z.boolean().optional(),
    /** The container adds this capability, or ALL. With or without the `CAP_` prefix, in any case. */
    addsCapability: capability.optional(),
    /** The container drops this capability, or ALL. */
    dropsCapability: capability.optional(),
    allowPrivilegeEscalation: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean().optional(),
    /** Type of the seccomp profile, `RuntimeDefault`, `Localhost` or `Unconfined`; the pod's where the container has none. */
    seccompProfile: textMatchSchema.optional(),
    /** Type of the AppArmor profile, by field or by the older annotation; the pod's where the container has none. */
    appArmorProfile: textMatchSchema.optional(),
    /** `Default` where the container says nothing, or `Unmasked`. */
    procMount: glob.optional(),
  })
  .refine(isNotEmpty, needsMember);

/** Holds when one container, main, init or ephemeral, satisfies every member. `define-conditions.ts` wants at least one. */
const containerConditionSchema = z.strictObject({
  get all(): z.ZodOptional<z.ZodArray<typeof containerConditionSchema>> {
    return z.array(containerConditionSchema).min(1).optional();
  },
  get any(): z.ZodOptional<z.ZodArray<typeof containerConditionSchema>> {
    return z.array(containerConditionSchema).min(1).optional();
  },
  get not(): z.ZodOptional<typeof containerConditionSchema> {
    return containerConditionSchema.optional();
  },
  name: glob.optional(),
  image: imageMatchSchema.optional(),
  requests: resourceMatch.optional(),
  limits: resourceMatch.optional(),
  securityContext: securityContextMatchSchema.optional(),
  /** Whether it opens a port of the node, which every port does under `hostNetwork`. */
  hostPorts: z.boolean().optional(),
  /** Name of one of its environment variables; those of `envFrom` are not in the pod. */
  env: textMatchSchema.optional(),
});

/** Holds when one claim of the pod satisfies every member. Its device class is in another object and cannot be asked. */
const resourceClaimMatchSchema = z
  .strictObject({
    exists: z.boolean().optional(),
    /** Name of the ResourceClaim, exact or glob. */
    claim: glob.optional(),
    /** Name of the ResourceClaimTemplate, exact or glob. */
    template: glob.optional(),
  })
  .refine(isNotEmpty, needsMember);

/** Holds when the pod as a whole satisfies every member. */
const podConditionSchema = z
  .strictObject({
    namespace: glob.optional(),
    labels: textMatchMap.optional(),
    annotations: textMatchMap.optional(),
    serviceAccountName: glob.optional(),
    priorityClassName: textMatchSchema.optional(),
    /** `spec.os.name`: `linux` or `windows`. */
    os: textMatchSchema.optional(),
    nodeSelector: textMatchMap.optional(),
    hostNetwork: z.boolean().optional(),
    hostPID: z.boolean().optional(),
    hostIPC: z.boolean().optional(),
    /** Missing is true, as for the kubelet: the pod shares the user namespace of the node. */
    hostUsers: z.boolean().optional(),
    /** The pod mounts a volume of each of these kinds: `hostPath`, `emptyDir`, `persistentVolumeClaim`, … */
    volumes: z.array(z.string().min(1).max(64)).min(1).optional(),
    /** Path of one of its hostPath volumes. */
    hostPaths: textMatchSchema.optional(),
    /** One of its image volumes, as `container.image`. */
    imageVolumes: imageMatchSchema.optional(),
    resourceClaims: resourceClaimMatchSchema.optional(),
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
  /** Holds when each container does. */
  everyContainer: containerConditionSchema.optional(),
  pod: podConditionSchema.optional(),
});

/** The settings of a tenant. */
import { z } from 'zod';
import { enforcementSchema, guardrailsSchema } from '../../policy/model/guardrails-schema';
import { quantities, dnsLabel, objectName, port } from '../internal/schemas';
import { parseCidr } from './cidr';
import { isMetadata } from './metadata-addresses';

/** `privileged` is not on offer: it follows from the policy, which must open it first. */
const podSecurityLevel = z.enum(['baseline', 'restricted']);

/** Levels of the Pod Security admission plugin (kubernetes.io, "Pod Security Standards"). */
const podSecuritySchema = z.strictObject({
  /**
   * Pods that break it are refused, whatever the policy says of them.
   * @default baseline, or privileged where the policy would admit what baseline refuses: the tenant is not enforced as `deny`, or a
   *   guardrail is opened (hostPaths, hostNetwork, hostPID, hostIPC, privileged). The guardrails of the policy then refuse the rest.
   */
  enforce: podSecurityLevel.optional(),
  /** Pods that break it are noted in the audit log. */
  audit: podSecurityLevel.default('restricted'),
  /** Who creates a pod that breaks it is warned. */
  warn: podSecurityLevel.default('restricted'),
});

const cidr = z
  .string()
  .refine((text) => parseCidr(text) !== undefined, 'must be a CIDR, such as "10.0.0.0/8"')
  .refine(
    (text) => {
      const range = parseCidr(text);
      return range === undefined || !isMetadata(range);
    },
    {
      error: 'lies in a range of cloud metadata addresses, which stay closed',
      params: { fix: 'remove it, or pass a range outside of link-local and metadata addresses' },
    },
  );

const egressSchema = z.strictObject({
  /**
   * Addresses that may be called. Cloud metadata and link-local addresses inside the range are excepted, and a range of nothing
   * else is refused: a NodeLocal DNSCache on a link-local address needs a NetworkPolicy of your own.
   */
  cidr,
  /** @default every port */
  ports: z
    .array(z.strictObject({ port, protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP') }))
    .min(1)
    .optional(),
});

const networkSchema = z.strictObject({
  /** Lets pods ask the cluster's DNS (pods `k8s-app: kube-dns` in kube-system, port 53). */
  dns: z.boolean().default(true),
  /** Further egress. Everything not listed is closed, ingress too; open more with NetworkPolicies of your own. */
  egress: z.array(egressSchema).default([]),
});

/** What a container gets that states nothing: Kubernetes LimitRange of type Container. */
const limitRangeSchema = z.strictObject({
  /** Limits. A container that requests more than the limit given to it here is refused. */
  default: quantities.default({}),
  /** Requests; Kubernetes takes them from `default` where it is left out. */
  defaultRequest: quantities.default({}),
});

/** A namespace for sandboxed workloads. */
export const tenantSchema = z.strictObject({
  /** Name of the namespace. */
  name: dnsLabel,
  /** How the policy is enforced in this namespace. @default that of the policy */
  enforcement: enforcementSchema.optional(),
  /** What differs here from the guardrails of the policy. @default those of the policy */
  guardrails: guardrailsSchema.optional(),
  podSecurity: podSecuritySchema.prefault({}),
  /**
   * Hard limits of the ResourceQuota, or false for none. Kubernetes adds a RuntimeClass's overhead to what a pod uses.
   * Beware of `requests.*` and `limits.*`: with them a pod that does not state the resource is refused.
   * @default 100 pods, no Service that opens a port to the outside
   */
  quota: z
    .union([z.literal(false), quantities])
    .default({ pods: '100', 'services.loadbalancers': '0', 'services.nodeports': '0' }),
  /**
   * PriorityClasses that pods may not have: a quota of zero pods of these classes. List those that your cluster keeps for others,
   * because a pod of a higher priority may evict the pods of other tenants. The two of the system are added where the policy refuses
   * them: the tenant is enforced as `deny` and the guardrail `systemPriority` is closed.
   */
  deniedPriorityClasses: z.array(objectName).default([]),
  /**
   * Requests and limits for containers that state none, or false for none. Kubernetes fills them in before any webhook
   * or policy sees the pod, so a rule that compares a resource listed here compares the filled-in value.
   * @default requests of 256Mi memory and 1Gi ephemeral storage, without what a rule of the policy compares; never cpu
   */
  limitRange: z.union([z.literal(false), limitRangeSchema]).optional(),
  network: networkSchema.prefault({}),
});

type LimitRange = z.output<typeof limitRangeSchema>;

/** A tenant as a user writes it. */
export type TenantInput = z.input<typeof tenantSchema>;

/** Levels of the Pod Security Standards, the weakest first. */
export type PodSecurityLevel = 'privileged' | z.output<typeof podSecurityLevel>;

type Tenant = z.output<typeof tenantSchema>;

/** A tenant with every default filled in. What it says of the policy is in `policy.tenants` (`tenant-policy.ts`). */
export type TenantConfig = Readonly<
  Omit<Tenant, 'limitRange' | 'podSecurity' | 'enforcement' | 'guardrails'>
> & {
  readonly podSecurity: Omit<Tenant['podSecurity'], 'enforce'> & {
    readonly enforce: PodSecurityLevel;
  };
  readonly limitRange: LimitRange | false;
};

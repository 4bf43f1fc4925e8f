/** The settings of a tenant. */
import { z } from 'zod';
import { quantities, dnsLabel, objectName, port } from '../internal/schemas';
import { parseCidr } from './cidr';
import { isMetadata } from './metadata-addresses';

/** `privileged` is not on offer: host namespaces and hostPath would lead around the sandbox. */
const podSecurityLevel = z.enum(['baseline', 'restricted']);

/** Levels of the Pod Security admission plugin (kubernetes.io, "Pod Security Standards"). */
const podSecuritySchema = z.strictObject({
  /** Pods that break it are refused. */
  enforce: podSecurityLevel.default('baseline'),
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
   * PriorityClasses, besides the two of the system, that pods may not have: a quota of zero pods of these classes. List those
   * that your cluster keeps for others, because a pod of a higher priority may evict the pods of other tenants.
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

/** A tenant with every default filled in; that of `limitRange` depends on the policy. */
export type TenantConfig = Readonly<Omit<z.output<typeof tenantSchema>, 'limitRange'>> & {
  readonly limitRange: LimitRange | false;
};

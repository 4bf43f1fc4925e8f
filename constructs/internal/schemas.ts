/** Schemas of Kubernetes values that several parts of the configuration share. */
import { z } from 'zod';
import {
  DNS_LABEL,
  DNS_SUBDOMAIN,
  IMAGE_TAG,
  LABEL_VALUE,
  MAX_LENGTHS,
  SHA256_DIGEST,
} from '../../base/patterns';
import { parseQuantity } from '../../policy/pod/quantity';

/** DNS label (RFC 1123): the name of a namespace. */
export const dnsLabel = z
  .string()
  .max(MAX_LENGTHS.dnsLabel)
  .regex(DNS_LABEL, 'must be a DNS label');

/** DNS subdomain (RFC 1123): the name of most objects. */
export const objectName = z
  .string()
  .max(MAX_LENGTHS.dnsSubdomain)
  .regex(DNS_SUBDOMAIN, 'must be a DNS subdomain');

/** The key of a label or a taint. Only its length is checked here; the API server checks the rest. */
export const labelKey = z.string().min(1).max(MAX_LENGTHS.labelKey);

/** The value of a label; may be empty. */
export const labelValue = z
  .string()
  .max(MAX_LENGTHS.labelValue)
  .regex(LABEL_VALUE, 'must be a label value');

/** A Kubernetes quantity of at least zero, such as "4", "500m" or "1.5Gi". */
const quantity = z.string().refine((text) => (parseQuantity(text) ?? -1n) >= 0n, {
  error: 'must be a Kubernetes quantity of at least 0, such as "4", "500m" or "1.5Gi"',
});

/** By resource name: `cpu`, `memory`, `nvidia.com/gpu`, and in a quota also `pods` or `count/jobs.batch`. */
export const quantities = z.record(z.string().min(1), quantity);

/** Requests and limits of a container. A given value replaces both defaults completely. */
export const resources = z.strictObject(
  { requests: quantities.optional(), limits: quantities.optional() },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'takes `requests` and `limits`, each by resource name such as `cpu`'
        : undefined,
  },
);

/** A TCP or UDP port number. */
export const port = z.int().min(1).max(65535);

/** A tag of a container image. */
export const imageTag = z.string().regex(IMAGE_TAG, 'must be an image tag');

/** A digest of a container image. */
export const imageDigest = z
  .string()
  .regex(SHA256_DIGEST, 'must be "sha256:" and 64 hexadecimal digits');

/** What a taint does to pods that do not tolerate it. */
export const taintEffect = z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']);

/** A toleration as a pod has it (Kubernetes core/v1 Toleration). */
export const toleration = z.strictObject({
  key: z.string().exactOptional(),
  operator: z.enum(['Exists', 'Equal']).exactOptional(),
  value: z.string().exactOptional(),
  effect: taintEffect.exactOptional(),
});

export type Toleration = z.output<typeof toleration>;

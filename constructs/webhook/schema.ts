/** The settings of the mutating webhook and its certificate rotator. */
import { z } from 'zod';
import { enforcesAnything } from '../../policy/decision/enforcement';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';
import { parseQuantity } from '../../policy/pod/quantity';
import { MEMORY_BOUND_BYTES, MEMORY_LIMIT } from '../../webhook-src/server/memory';
import { imageDigest, port, resources } from '../internal/schemas';
import { clientCertificatesSchema } from './client-certificates';

const MEMORY_BOUND_NANO = BigInt(MEMORY_BOUND_BYTES) * 10n ** 9n;

export const webhookSchema = z
  .strictObject({
    /** Pods of the mutator. At least two, to survive an update or the loss of a node. */
    replicas: z.int().min(2).max(100).default(2),
    /**
     * Image of your own with the programs at /app (webhook-src/Dockerfile), by digest or exact tag.
     * @default the official Node image in the version this project pins, with the programs mounted from ConfigMaps
     */
    image: z.string().optional(),
    /** Digest that additionally pins the official Node image. Not together with `image`. */
    nodeImageDigest: imageDigest.optional(),
    /**
     * Of each mutator pod; replaces requests and limits as a whole. No CPU limit: throttling would delay every pod creation. The memory
     * limit is at least what any caller can make the process use: the sum of `MEMORY_PARTS` in webhook-src/server/memory.ts.
     * @default {"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"528Mi"}}
     */
    resources: resources
      .refine(
        ({ limits }) => (parseQuantity(limits?.['memory'] ?? '') ?? 0n) >= MEMORY_BOUND_NANO,
        {
          path: ['limits', 'memory'],
          error: `is below the ${MEMORY_LIMIT} that callers can make the webhook use`,
          params: { fix: `set it to at least ${MEMORY_LIMIT}, or leave resources out` },
        },
      )
      .default({
        requests: { cpu: '100m', memory: '128Mi' },
        limits: { memory: MEMORY_LIMIT },
      }),
    /** How long the API server waits for an answer, in seconds. */
    timeoutSeconds: z.int().min(1).max(30).default(3),
    /**
     * What happens to pods of tenants when no mutator answers. With `Ignore` only the validating policies apply.
     * @default Ignore while the policy is enforced as `deny` in no namespace, because an outage must not refuse what the policy does
     *   not; else Fail
     */
    failurePolicy: z.enum(['Fail', 'Ignore']).exactOptional(),
    /** Ports the API server's endpoints listen on: the only egress of the certificate rotator. */
    apiServerPorts: z.array(port).min(1).default([443, 6443]),
    /** Which clients the mutator answers. @default every client that reaches its port */
    clientCertificates: clientCertificatesSchema.optional(),
  })
  .refine((webhook) => webhook.image === undefined || webhook.nodeImageDigest === undefined, {
    path: ['nodeImageDigest'],
    error: 'pins the official Node image, but `image` replaces it',
    params: { fix: 'remove it, and pin `image` by its own digest' },
  });

/** How the mutator and its certificate rotator run. */
export type WebhookConfig = Readonly<Omit<z.output<typeof webhookSchema>, 'failurePolicy'>> & {
  readonly failurePolicy: FailurePolicy;
};

type FailurePolicy = 'Fail' | 'Ignore';

/** The `failurePolicy` of the webhooks that ask about pods of tenants, where the settings have none. */
export function defaultFailurePolicy(policy: RuntimePolicy): FailurePolicy {
  return enforcesAnything(policy) ? 'Fail' : 'Ignore';
}

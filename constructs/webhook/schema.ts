import { z } from 'zod';
import { parseQuantity } from '../../policy/pod/quantity';
import { MEMORY_BOUND_BYTES, MEMORY_LIMIT } from '../../webhook-src/server/memory';
import { amount, imageDigest, port } from '../internal/schemas';
import { clientCertificatesSchema } from './client-certificates';

const MEMORY_BOUND_NANO = BigInt(MEMORY_BOUND_BYTES) * 10n ** 9n;

export const webhookSchema = z
  .strictObject({
    /** Pods of the mutator. Two are the least that survive a node or an update. */
    replicas: z.int().min(2).max(100).default(2),
    /**
     * Image of your own with the programs at /app (webhook-src/Dockerfile), by digest or exact tag.
     * @default the official Node image in the version this project pins, the programs mounted from ConfigMaps
     */
    image: z.string().optional(),
    /** Digest that pins the official Node image further. Not together with `image`. */
    nodeImageDigest: imageDigest.optional(),
    /** Of each mutator pod. There is no cpu limit: throttling would show as latency of every pod creation. */
    resources: z
      .strictObject({
        cpuRequest: amount.default('100m'),
        /** What a replica needs from day to day. */
        memoryRequest: amount.default('128Mi'),
        /**
         * At least what the process may need whoever calls: the sum of `MEMORY_PARTS` in webhook-src/server/memory.ts, which is held by
         * the code of the server.
         * @default that sum
         */
        memoryLimit: amount
          .refine((limit) => (parseQuantity(limit) ?? 0n) >= MEMORY_BOUND_NANO, {
            error: `is below the ${MEMORY_LIMIT} that the webhook may need whoever calls`,
            params: { fix: `set at least ${MEMORY_LIMIT}, or leave it out` },
          })
          .default(MEMORY_LIMIT),
      })
      .prefault({}),
    /** How long the API server waits for an answer, in seconds. */
    timeoutSeconds: z.int().min(1).max(30).default(3),
    /** What happens to pods of tenants when no mutator answers. `Ignore` leaves them to the validating policies. */
    failurePolicy: z.enum(['Fail', 'Ignore']).default('Fail'),
    /** Ports the API server's endpoints listen on: the only egress of the certificate rotator. */
    apiServerPorts: z.array(port).min(1).default([443, 6443]),
    /** Which clients may ask the mutator. @default everybody who reaches its port */
    clientCertificates: clientCertificatesSchema.optional(),
  })
  .refine((webhook) => webhook.image === undefined || webhook.nodeImageDigest === undefined, {
    path: ['nodeImageDigest'],
    error: 'pins the official Node image, but `image` replaces it',
  });

/** How the mutator and its certificate rotator run. */
export type WebhookConfig = Readonly<z.output<typeof webhookSchema>>;

/** The settings of the engines that enforce the policy. */
import { z } from 'zod';

export const enginesSchema = z.strictObject({
  /**
   * Who refuses pods besides the mutating webhook. `gatekeeper`: Gatekeeper's webhook. `native`: the API server itself, by
   * ValidatingAdmissionPolicies, from Kubernetes 1.30 on; what fits in them is limited (docs/engines.md).
   * @default Gatekeeper
   */
  validation: z
    .array(z.enum(['gatekeeper', 'native']))
    .refine((engines) => engines.includes('gatekeeper'), {
      error: 'must name "gatekeeper", which also audits stored pods',
      params: { fix: 'add "gatekeeper"' },
    })
    .default(['gatekeeper']),
});

export type Engines = z.output<typeof enginesSchema>;

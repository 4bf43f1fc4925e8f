/** RuntimeClasses, as far as the API server copies them into pods: overhead, node selector, tolerations. */
import { z } from 'zod';
import { refuse } from '../../base/errors';
import { problemsOf } from '../../base/zod-problems';
import { parseQuantity } from '../pod/quantity';
import { POLICY_ERRORS } from '../errors';

const quantity = z.string().refine((text) => parseQuantity(text) !== undefined, {
  error: 'must be a Kubernetes quantity, such as "500m" or "320Mi"',
});

/** A toleration (core/v1 Toleration, v1.36). */
const tolerationSchema = z.strictObject({
  key: z.string().exactOptional(),
  operator: z.string().exactOptional(),
  value: z.string().exactOptional(),
  effect: z.string().exactOptional(),
  tolerationSeconds: z.int().exactOptional(),
});

const runtimeClassSchema = z.strictObject({
  /** `metadata.name` */
  name: z.string().min(1),
  /** `overhead.podFixed`, Kubernetes quantities by resource name. @default none */
  overhead: z.record(z.string(), quantity).default({}),
  /** `scheduling.nodeSelector` @default none */
  nodeSelector: z.record(z.string(), z.string()).default({}),
  /** `scheduling.tolerations` @default none */
  tolerations: z.array(tolerationSchema).default([]),
});

const runtimeClassesSchema = z.array(runtimeClassSchema).superRefine((classes, context) => {
  const names = classes.map(({ name }) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) === index) return;
    const params = { fix: 'list each RuntimeClass once' };
    context.addIssue({
      code: 'custom',
      message: `"${name}" is listed already`,
      path: [index, 'name'],
      params,
    });
  });
});

export type RuntimeClass = Readonly<z.output<typeof runtimeClassSchema>>;

/**
 * Reads a list of RuntimeClasses from parsed JSON.
 *
 * @throws SandboxError RUNTIME_CLASSES_INVALID with every problem
 */
export function parseRuntimeClasses(value: unknown): readonly RuntimeClass[] {
  const parsed = runtimeClassesSchema.safeParse(value);
  refuse(
    POLICY_ERRORS.RUNTIME_CLASSES_INVALID,
    parsed.success ? [] : problemsOf(parsed.error, 'runtimeClasses'),
  );
  return parsed.data ?? [];
}

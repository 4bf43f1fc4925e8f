/** A cluster that exists already; its owner manages its nodes. */
import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import type { ClusterKind } from './cluster';

const schema = z.strictObject({
  /** Path or content of a kubeconfig. @default as kubectl finds it */
  kubeconfig: z.string().min(1).optional(),
  /** Context of the kubeconfig. @default its current one */
  context: z.string().min(1).optional(),
});

export const existing: ClusterKind<z.output<typeof schema>> = {
  schema,
  problems: () => [],
  create: (_name, { kubeconfig, context }) =>
    Promise.resolve({
      ...(kubeconfig !== undefined && { kubeconfig: pulumi.secret(kubeconfig) }),
      ...(context !== undefined && { context }),
      dependsOn: [],
    }),
};

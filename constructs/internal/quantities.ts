/** Quantities of resources, in the form of the typed Kubernetes objects. */
import { k8s } from 'cdk8s-plus-27';

type Quantities = Readonly<Record<string, string>>;

/** By resource name. */
export function quantities(values: Quantities): Record<string, k8s.Quantity> {
  return Object.fromEntries(
    Object.entries(values).map(([resource, value]) => [resource, k8s.Quantity.fromString(value)]),
  );
}

/** Requests and limits of a container. */
export function resourceRequirements({
  requests,
  limits,
}: {
  readonly requests?: Quantities | undefined;
  readonly limits?: Quantities | undefined;
}): k8s.ResourceRequirements {
  return {
    ...(requests && { requests: quantities(requests) }),
    ...(limits && { limits: quantities(limits) }),
  };
}

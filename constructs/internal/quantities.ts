import { k8s } from 'cdk8s-plus-27';

/** Amounts by resource name in the form the typed Kubernetes objects take. */
export function quantities(
  amounts: Readonly<Record<string, string>>,
): Record<string, k8s.Quantity> {
  return Object.fromEntries(
    Object.entries(amounts).map(([resource, amount]) => [
      resource,
      k8s.Quantity.fromString(amount),
    ]),
  );
}

/** The enabled namespaces. */
import type { KubernetesObject } from '../kubernetes/object';
import { isEnabled } from '../deploy/mutator-probe';
import { ENABLED_LABEL } from '../base/names';
import type { VerifyContext } from './step';

/** Namespaces that carry the label, whatever its value, and are not being deleted. */
export async function labelledNamespaces({
  api,
}: Pick<VerifyContext, 'api'>): Promise<readonly KubernetesObject[]> {
  const namespaces = await api.list({
    apiVersion: 'v1',
    kind: 'Namespace',
    labelSelector: ENABLED_LABEL,
  });
  return namespaces.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The namespaces whose pods the platform sandboxes. */
export async function enabledNamespaces(
  context: Pick<VerifyContext, 'api'>,
): Promise<readonly KubernetesObject[]> {
  return (await labelledNamespaces(context)).filter(isEnabled);
}

/** How findings name a namespace. */
export function namespaceId({ metadata }: KubernetesObject): string {
  return `Namespace/${metadata.name}`;
}

/** Names and labels of the objects this project owns (kubernetes.io, "Recommended Labels"). */
import { VERSIONS } from '../../base/versions';

const NAME = 'app.kubernetes.io/name';

/** Labels of an object that belongs to the component `name`. */
export function platformLabels(name: string): Record<string, string> {
  return {
    [NAME]: name,
    'app.kubernetes.io/part-of': 'secure-ai-sandbox',
    'app.kubernetes.io/managed-by': 'cdk8s',
    'app.kubernetes.io/version': VERSIONS.sandbox,
  };
}

/** Metadata of an object that belongs to `component`; cluster-scoped without a namespace. */
export function platformMetadata(
  component: string,
  { name = component, namespace }: { readonly name?: string; readonly namespace?: string } = {},
) {
  return { name, ...(namespace && { namespace }), labels: platformLabels(component) };
}

/** Labels that select the pods of the component `name`. They do not change in an upgrade, so the version is not among them. */
export function selectorLabels(name: string): Record<string, string> {
  return { [NAME]: name };
}

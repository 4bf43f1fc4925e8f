/** Schemas with which Gatekeeper's resources select the objects they apply to. */
import { arrayOf, atomicListOf, type JsonSchema, mapOf, object, oneOf, string } from './openapi';

/** Namespace or object name in which a leading or trailing `*` matches any string (pkg/wildcard of Gatekeeper). */
export function wildcard(): JsonSchema {
  return string({ pattern: String.raw`^\*?[-:a-z0-9]*\*?$` });
}

/** metav1.LabelSelector. */
function labelSelector(): JsonSchema {
  const requirement = object(
    { key: string(), operator: string(), values: atomicListOf(string()) },
    ['key', 'operator'],
  );
  return {
    ...object({ matchExpressions: atomicListOf(requirement), matchLabels: mapOf(string()) }),
    'x-kubernetes-map-type': 'atomic',
  };
}

/** `spec.match` of a mutator: every member that is present must hold (pkg/mutation/match of Gatekeeper). */
export function match(): JsonSchema {
  return object({
    excludedNamespaces: arrayOf(wildcard()),
    kinds: arrayOf(object({ apiGroups: arrayOf(string()), kinds: arrayOf(string()) })),
    labelSelector: labelSelector(),
    name: wildcard(),
    namespaceSelector: labelSelector(),
    namespaces: arrayOf(wildcard()),
    scope: string(),
    source: oneOf(['All', 'Generated', 'Original']),
  });
}

/** GroupVersionKind lists whose cross product names the kinds a resource applies to. */
export function applyTo(extra: Readonly<Record<string, JsonSchema>> = {}): JsonSchema {
  return arrayOf(
    object({
      groups: arrayOf(string()),
      kinds: arrayOf(string()),
      versions: arrayOf(string()),
      ...extra,
    }),
  );
}

/** One GroupVersionKind. */
export function groupVersionKind(): JsonSchema {
  return object({ group: string(), kind: string(), version: string() });
}

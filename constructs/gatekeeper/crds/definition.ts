/** The frame that every CustomResourceDefinition of Gatekeeper shares. */
import { type JsonSchema, object, opaqueObject, string } from './openapi';

/** One version of a custom resource: its name and its members beside apiVersion, kind and metadata. */
export interface CrdVersion {
  readonly name: 'v1' | 'v1beta1' | 'v1alpha1';
  /** Whether objects are stored in this version; exactly one of a definition is. */
  readonly storage: boolean;
  /**
   * Maximum length of `metadata.name`. Gatekeeper limits it to 63 if the name becomes a label value of a status object.
   *
   * @default - only the API server's own limit
   */
  readonly maxNameLength?: number;
  /** Properties beside apiVersion, kind and metadata: `spec`, `status`. */
  readonly properties: Readonly<Record<string, JsonSchema>>;
  /**
   * Whether `status` has its own endpoint for writes.
   *
   * @default false
   */
  readonly statusSubresource?: boolean;
  /**
   * Warning that the API server returns when a request uses this version.
   *
   * @default - the version is not deprecated
   */
  readonly deprecationWarning?: string;
}

/** A custom resource of Gatekeeper. */
export interface CrdDefinition {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Cluster' | 'Namespaced';
  /** All are served. They keep the order of upstream, which has no meaning to the API server. */
  readonly versions: readonly CrdVersion[];
}

/** Spec of a CustomResourceDefinition, apiextensions.k8s.io/v1. */
export interface CustomResourceDefinitionSpec {
  readonly group: string;
  readonly names: Readonly<Record<'kind' | 'listKind' | 'plural' | 'singular', string>>;
  readonly scope: CrdDefinition['scope'];
  readonly versions: readonly CustomResourceDefinitionVersion[];
}

interface CustomResourceDefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: true;
  readonly deprecationWarning?: string;
  readonly schema: { readonly openAPIV3Schema: JsonSchema };
  readonly subresources?: { readonly status: Record<string, never> };
}

export function crdName({ plural, group }: CrdDefinition): string {
  return `${plural}.${group}`;
}

export function crdSpec({
  group,
  kind,
  plural,
  scope,
  versions,
}: CrdDefinition): CustomResourceDefinitionSpec {
  return {
    group,
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
    scope,
    versions: versions.map(crdVersion),
  };
}

function crdVersion(version: CrdVersion): CustomResourceDefinitionVersion {
  const { name, storage, maxNameLength, properties, deprecationWarning } = version;
  const metadata =
    maxNameLength === undefined
      ? opaqueObject()
      : object({ name: string({ maxLength: maxNameLength }) });
  return {
    name,
    served: true,
    storage,
    ...(deprecationWarning === undefined ? {} : { deprecated: true, deprecationWarning }),
    schema: {
      openAPIV3Schema: object({ apiVersion: string(), kind: string(), metadata, ...properties }),
    },
    ...(version.statusSubresource === true ? { subresources: { status: {} } } : {}),
  };
}

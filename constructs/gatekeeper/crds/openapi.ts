/**
 * Builders for the structural OpenAPI v3 schemas of a CustomResourceDefinition (apiextensions.k8s.io/v1 JSONSchemaProps).
 * The typed L1 of cdk8s-plus-27 cannot carry them: its `items` and `additionalProperties` are `any`, so `xKubernetes...`
 * members below an array would keep their TypeScript name in the manifest.
 */

/** The part of JSONSchemaProps that Gatekeeper's CRDs use, in wire names. */
export interface JsonSchema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly format?: 'int64' | 'date-time';
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
}

type Properties = Readonly<Record<string, JsonSchema>>;

export function string(
  constraints: Pick<JsonSchema, 'format' | 'pattern' | 'maxLength'> = {},
): JsonSchema {
  return { type: 'string', ...constraints };
}

/** A string that is one of `values`; `fallback` is the default that the API server sets. */
export function oneOf<const V extends readonly string[]>(
  values: V,
  fallback?: V[number],
): JsonSchema {
  const enumeration: JsonSchema = { type: 'string', enum: values };
  return fallback === undefined ? enumeration : { ...enumeration, default: fallback };
}

/** RFC 3339 time, as metav1.Time is written. */
export function dateTime(): JsonSchema {
  return string({ format: 'date-time' });
}

export function integer(): JsonSchema {
  return { type: 'integer' };
}

/** A Go int64, such as metadata.generation. */
export function int64(): JsonSchema {
  return { type: 'integer', format: 'int64' };
}

export function boolean(fallback?: boolean): JsonSchema {
  return fallback === undefined ? { type: 'boolean' } : { type: 'boolean', default: fallback };
}

export function arrayOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

/** A list that server-side apply replaces completely. */
export function atomicListOf(items: JsonSchema): JsonSchema {
  return { ...arrayOf(items), 'x-kubernetes-list-type': 'atomic' };
}

/** A list whose entries server-side apply identifies by `keys`. */
export function listMapOf(items: JsonSchema, keys: readonly string[]): JsonSchema {
  return { ...arrayOf(items), 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

/** An object with any keys whose values all have one schema. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values };
}

/** An object with known properties; `required` may only name those. */
export function object<P extends Properties>(
  properties: P,
  required: readonly (keyof P & string)[] = [],
): JsonSchema {
  const schema: JsonSchema = { type: 'object', properties };
  return required.length === 0 ? schema : { ...schema, required };
}

/** An object without a schema for its content; unknown fields are pruned. `metadata` has this form, because the API server checks it itself. */
export function opaqueObject(): JsonSchema {
  return { type: 'object' };
}

/** Keeps the fields that a schema does not name instead of pruning them. */
export function preservingUnknownFields(schema: JsonSchema): JsonSchema {
  return { ...schema, 'x-kubernetes-preserve-unknown-fields': true };
}

/** Any JSON value. */
export function anyValue(): JsonSchema {
  return preservingUnknownFields({});
}

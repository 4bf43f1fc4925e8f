/** Words to write structural OpenAPI schemas in, with what parameters of constraints need of them and no more. */

export interface OpenApiSchema {
  readonly type: 'object' | 'array' | 'string' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: OpenApiSchema;
  readonly items?: OpenApiSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
}

export const text = (description?: string): OpenApiSchema =>
  described({ type: 'string' }, description);

export const flag = (description?: string): OpenApiSchema =>
  described({ type: 'boolean' }, description);

export const oneOf = (...values: string[]): OpenApiSchema => ({ type: 'string', enum: values });

export const listOf = (items: OpenApiSchema, description?: string): OpenApiSchema =>
  described({ type: 'array', items }, description);

export const mapOf = (additionalProperties: OpenApiSchema, description?: string): OpenApiSchema =>
  described({ type: 'object', additionalProperties }, description);

export function described(schema: OpenApiSchema, description: string | undefined): OpenApiSchema {
  return description === undefined ? schema : { ...schema, description };
}

/** An object; every member that is not named as optional is required. */
export function object(
  properties: Readonly<Record<string, OpenApiSchema>>,
  optional: 'all' | readonly string[] = [],
): OpenApiSchema {
  const required = Object.keys(properties).filter(
    (name) => optional !== 'all' && !optional.includes(name),
  );
  return required.length === 0
    ? { type: 'object', properties }
    : { type: 'object', properties, required };
}

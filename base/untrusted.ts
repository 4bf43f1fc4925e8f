/**
 * Reading unvalidated values. A field of the wrong type reads as missing, prototypes are ignored, and nothing throws:
 * mutating webhooks see objects before the API server has validated them.
 */

/** The value as an object with named members; undefined for arrays, null and everything else. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The object's own member of that name; null reads as missing, as in Kubernetes. */
export function memberOf(value: unknown, name: string): unknown {
  const object = objectOf(value);
  if (object === undefined || !Object.hasOwn(object, name)) return undefined;
  return object[name] ?? undefined;
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function integerOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** The elements of an array; none for everything else. */
export function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** An object's own members; none for everything else. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  const object = objectOf(value);
  return object === undefined ? [] : Object.entries(object);
}

/** An object's own members that are strings. */
export function stringsOf(value: unknown): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  for (const [name, member] of entriesOf(value)) {
    if (typeof member === 'string') strings.set(name, member);
  }
  return strings;
}

/** Names of rules as CEL identifiers. */

/** One identifier for each name, in their order: letters, digits and `_` stay, all else becomes `_`, and no two are equal. */
export function identifiersOf(prefix: string, names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = prefix + name.replace(/[^A-Za-z0-9]/g, '_');
    const identifier = firstFree(plain, taken);
    taken.add(identifier);
    return identifier;
  });
}

function firstFree(plain: string, taken: ReadonlySet<string>): string {
  let candidate = plain;
  for (let n = 2; taken.has(candidate); n++) candidate = `${plain}__${n}`;
  return candidate;
}

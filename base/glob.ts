/**
 * Globs with one special character: `*` matches any run of characters, including the empty one, `/` and line breaks.
 * A literal `*` cannot be written: no string a policy compares with may contain one.
 */

/** Whether the glob matches the whole string. Linear in the string for any glob a person would write; never backtracks. */
export function globMatches(glob: string, text: string): boolean {
  const literals = glob.split('*');
  const prefix = literals[0] ?? '';
  if (literals.length === 1) return text === prefix;
  const suffix = literals[literals.length - 1] ?? '';
  const end = text.length - suffix.length;
  if (end < prefix.length || !text.startsWith(prefix) || !text.endsWith(suffix)) return false;
  let position = prefix.length;
  for (const literal of literals.slice(1, -1)) {
    const found = text.indexOf(literal, position);
    if (found < 0 || found + literal.length > end) return false;
    position = found + literal.length;
  }
  return true;
}

/** The same test as an anchored regular expression that means the same in RE2 (Rego, CEL) and JavaScript. */
export function globToRegExpSource(glob: string): string {
  const literals = glob.split('*').map((literal) => literal.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return `^${literals.join('[\\s\\S]*')}$`;
}
